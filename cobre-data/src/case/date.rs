//! Civil dates of the proleptic Gregorian calendar.

use std::fmt;

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Date {
    /// Days since 1970-01-01.
    day: i32,
}

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month {
    /// Months since January of year 0.
    index: i32,
}

impl Date {
    /// The day so many days after 1970-01-01, within the years 0 to 9999.
    pub(crate) fn from_day(day: i32) -> Option<Self> {
        (-719_528..=2_932_896).contains(&day).then_some(Self { day })
    }

    /// Reads `YYYY-MM-DD`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        if !(digits(0..4) && digits(5..7) && digits(8..10)) {
            return None;
        }
        let year: i32 = text[0..4].parse().ok()?;
        let month: i32 = text[5..7].parse().ok()?;
        let day: i32 = text[8..10].parse().ok()?;
        if !(1..=12).contains(&month) {
            return None;
        }
        let month = Month { index: year * 12 + month - 1 };
        (1..=month.n_days()).contains(&day).then(|| Self { day: month.first_day() + day - 1 })
    }

    /// Days since 1970-01-01.
    pub(super) fn day(self) -> i32 {
        self.day
    }

    /// Year, month from 1, day of the month from 1 (Hinnant's count of 400-year eras from March).
    pub(super) fn civil(self) -> (i32, i32, i32) {
        let from_march = self.day + 719_468;
        let era = from_march.div_euclid(146_097);
        let of_era = from_march.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        (year_of_era + era * 400 + i32::from(month <= 2), month, day)
    }

    /// The month the day lies in.
    pub(super) fn month(self) -> Month {
        let (year, month, _) = self.civil();
        Month { index: year * 12 + month - 1 }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl Month {
    /// The month `n` months earlier.
    pub(super) fn back(self, n: usize) -> Self {
        Self { index: self.index - n as i32 }
    }

    /// Month of the year, from 1.
    pub(super) fn of_year(self) -> i32 {
        self.index.rem_euclid(12) + 1
    }

    /// First day, in days since 1970-01-01.
    pub(super) fn first_day(self) -> i32 {
        let (year, month) = (self.index.div_euclid(12), self.of_year());
        let year = if month <= 2 { year - 1 } else { year };
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
    }

    /// Number of days.
    pub(super) fn n_days(self) -> i32 {
        Self { index: self.index + 1 }.first_day() - self.first_day()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.index.div_euclid(12), self.of_year())
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn known_days() {
        for (text, day) in [("1970-01-01", 0), ("2000-02-29", 11016), ("2024-03-01", 19783), ("1969-12-31", -1)] {
            let date = Date::parse(text).expect("valid");
            assert_eq!(date.day(), day, "{text}");
            assert_eq!(date.to_string(), text);
        }
    }

    #[test]
    fn every_day_of_four_centuries_round_trips() {
        for day in Date::parse("1800-01-01").expect("valid").day()..Date::parse("2200-01-01").expect("valid").day() {
            let date = Date::from_day(day).expect("valid");
            assert_eq!(Date::parse(&date.to_string()), Some(date));
            assert_eq!(date.month().first_day() + date.civil().2 - 1, day);
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in ["2023-02-29", "2024-13-01", "2024-00-10", "2024-1-1", "2024-01-01T00", "2o24-01-01", "é024-01-1"]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert_eq!(Date::from_day(i32::MAX), None);
    }

    #[test]
    fn months_know_their_length() {
        let february = Date::parse("2024-02-10").expect("valid").month();
        assert_eq!(
            (february.n_days(), february.back(12).n_days(), february.back(1).to_string().as_str()),
            (29, 28, "2024-01")
        );
    }
}
