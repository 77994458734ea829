/// Appends a record (RFC 4180, lines ended by `\n`).
pub(super) fn push_record(out: &mut String, fields: &[&str]) {
    for (position, field) in fields.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(field);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::push_record;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let mut out = String::new();
        push_record(&mut out, &["1", "Água Vermelha", "a,b", "say \"no\"", "two\nlines", "cr\r", ""]);
        assert_eq!(out, "1,Água Vermelha,\"a,b\",\"say \"\"no\"\"\",\"two\nlines\",\"cr\r\",\n");
    }
}
