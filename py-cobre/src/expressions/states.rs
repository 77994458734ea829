use polars::prelude::*;

/// States of a batch of rows: one column per component of the policy, in its order.
pub(super) struct States {
    columns: Vec<Float64Chunked>,
    /// Lists of another length than the state, or a struct without fields, where nothing else is wrong.
    n_rows: usize,
}

impl States {
    /// States from the columns that an expression gives: one list, array or struct column, or a number per component.
    /// A column of one value stands for all rows.
    pub(super) fn new(given: &[Series], names: &[String], n_rows: usize) -> PolarsResult<Self> {
        let columns = match given {
            [row] if matches!(row.dtype(), DataType::Struct(_)) => of_struct(row, names)?,
            [row] if matches!(row.dtype(), DataType::List(_) | DataType::Array(_, _)) => of_lists(row, names)?,
            numbers => {
                check_dimension(numbers.len(), names)?;
                numbers.to_vec()
            }
        };
        let number = |(column, name): (&Series, &String)| {
            if !column.dtype().is_numeric() && !column.dtype().is_null() {
                polars_bail!(InvalidOperation: "`{name}` of a state is {}, a number expected", column.dtype());
            }
            let column = column.cast(&DataType::Float64)?;
            let column = if column.len() == n_rows { column } else { column.new_from_index(0, n_rows) };
            Ok(column.rechunk().f64()?.clone())
        };
        let columns = columns.iter().zip(names).map(number).collect::<PolarsResult<Vec<_>>>()?;
        Ok(Self { columns, n_rows })
    }

    /// The rows whose state is known in full, and which a further condition admits.
    pub(super) fn known(&self, is_asked: impl Fn(usize) -> bool) -> Vec<usize> {
        let is_known = |row: &usize| self.columns.iter().all(|column| column.get(*row).is_some());
        (0..self.n_rows).filter(|&row| is_asked(row)).filter(is_known).collect()
    }

    /// The numbers of some rows, component by component.
    pub(super) fn gather(&self, rows: &[usize]) -> Vec<Vec<f64>> {
        let of = |column: &Float64Chunked| rows.iter().map(|&row| column.get(row).unwrap_or(f64::NAN)).collect();
        self.columns.iter().map(of).collect()
    }

    /// All numbers, component by component, where every state is known.
    pub(super) fn whole(&self) -> Option<Vec<&[f64]>> {
        self.columns.iter().map(|column| column.cont_slice().ok()).collect()
    }
}

fn of_struct(row: &Series, names: &[String]) -> PolarsResult<Vec<Series>> {
    let row = row.struct_()?;
    let fields = row.fields_as_series();
    let given: Vec<String> = fields.iter().map(|field| field.name().to_string()).collect();
    let order = order_of(&given, names).map_err(|message| polars_err!(InvalidOperation: "{message}"))?;
    let validity = row.clone().into_series().is_not_null();
    let field =
        |at: usize| fields[at].zip_with(&validity, &Series::full_null(PlSmallStr::EMPTY, 1, fields[at].dtype()));
    order.into_iter().map(field).collect()
}

fn of_lists(row: &Series, names: &[String]) -> PolarsResult<Vec<Series>> {
    let lists = row.cast(&DataType::List(Box::new(DataType::Float64)))?;
    let lists = lists.list()?;
    let mut columns: Vec<Vec<Option<f64>>> = names.iter().map(|_| Vec::with_capacity(lists.len())).collect();
    for list in lists.iter() {
        let Some(list) = list else {
            for column in &mut columns {
                column.push(None);
            }
            continue;
        };
        check_dimension(list.len(), names)?;
        let list = Series::try_from((PlSmallStr::EMPTY, list))?;
        for (column, value) in columns.iter_mut().zip(list.f64()?.iter()) {
            column.push(value);
        }
    }
    Ok(columns.into_iter().map(|column| Float64Chunked::from_iter(column).into_series()).collect())
}

fn check_dimension(found: usize, names: &[String]) -> PolarsResult<()> {
    if found == names.len() {
        return Ok(());
    }
    polars_bail!(InvalidOperation:
        "a state of {found} components found, that of the policy has {}: {}", names.len(), names.join(", "))
}

/// Where the components of a policy are among those that are given by name.
pub(super) fn order_of(given: &[String], names: &[String]) -> Result<Vec<usize>, String> {
    if let Some(unknown) = given.iter().find(|given| !names.contains(given)) {
        return Err(format!("the state of the policy has no `{unknown}`; it has {}", names.join(", ")));
    }
    if let Some((_, twice)) = given.iter().enumerate().find(|(at, name)| given[..*at].contains(name)) {
        return Err(format!("`{twice}` is given twice"));
    }
    let place = |name: &String| {
        given.iter().position(|given| given == name).ok_or_else(|| {
            let missing: Vec<&str> = names.iter().filter(|name| !given.contains(name)).map(String::as_str).collect();
            format!("the state lacks components of the policy: {}", missing.join(", "))
        })
    };
    names.iter().map(place).collect()
}
