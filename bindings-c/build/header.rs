//! Reads the header. It understands only the C that the header uses; anything else is an error.

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

/// A function, or a function pointer type: name, parameter types and result, as Rust spells them.
pub(crate) struct Function {
    pub(crate) name: String,
    parameters: Vec<String>,
    result: String,
}

/// A structure with fields.
struct Structure {
    name: String,
    /// Name and type of each field, in order.
    fields: Vec<(String, String)>,
}

/// What the header declares.
#[derive(Default)]
pub(crate) struct Header {
    pub(crate) functions: Vec<Function>,
    pointers: Vec<Function>,
    structures: Vec<Structure>,
    /// Names of the macros that stand for a number or a text, with the Rust constant's type and value.
    pub(crate) constants: Vec<(String, &'static str, String)>,
}

/// Macros that stand for something else than a number or a text. The C tests look at them.
const OTHER_MACROS: [&str; 3] = ["TINK_WEBHOOKS_H", "TINK_WEBHOOKS_MUST_USE", "TINK_WEBHOOKS_VERSION_NUMBER"];

pub(crate) fn parse(text: &str) -> Result<Header, String> {
    let mut header = Header::default();
    let text = without_comments(text)?.replace("\\\n", " ");
    let mut code = String::new();
    let mut for_cpp = false;
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("#ifdef") => for_cpp = words.next() == Some("__cplusplus"),
            Some("#endif") => for_cpp = false,
            Some("#define") => header.constant(&words.collect::<Vec<_>>())?,
            Some(directive) if directive.starts_with('#') => {}
            _ if for_cpp => {}
            _ => {
                code.push_str(&line.replace("TINK_WEBHOOKS_MUST_USE", " "));
                code.push(' ');
            }
        }
    }
    for declaration in declarations(&code) {
        header.declaration(&declaration).map_err(|what| format!("tink_webhooks.h: {what}: {declaration}"))?;
    }
    Ok(header)
}

fn without_comments(text: &str) -> Result<String, String> {
    let mut code = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        (_, rest) = comment.split_once("*/").ok_or("tink_webhooks.h: a comment does not end")?;
    }
    code.push_str(rest);
    Ok(code)
}

/// Cuts at each `;` that is not inside braces.
fn declarations(code: &str) -> Vec<String> {
    let mut declarations = vec![String::new()];
    let mut depth = 0;
    for character in code.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match declarations.last_mut() {
            Some(last) if character != ';' || depth > 0 => last.push(character),
            _ => declarations.push(String::new()),
        }
    }
    let tidy = declarations.iter().map(|one| one.split_whitespace().collect::<Vec<_>>().join(" "));
    tidy.filter(|one| !one.is_empty()).collect()
}

impl Header {
    fn constant(&mut self, words: &[&str]) -> Result<(), String> {
        let (name, value) = match words {
            [name, ..] if OTHER_MACROS.contains(name) => return Ok(()),
            [name, value] => (*name, *value),
            _ => return Err(format!("tink_webhooks.h: a macro is not understood: {}", words.join(" "))),
        };
        let (kind, value) = if value == "INT64_MIN" {
            ("i64", "i64::MIN")
        } else if value.starts_with('"') {
            ("&str", value)
        } else if value.parse::<u32>().is_ok() {
            ("u32", value)
        } else {
            return Err(format!("tink_webhooks.h: the value of {name} is not understood: {value}"));
        };
        self.constants.push((name.to_owned(), kind, value.to_owned()));
        Ok(())
    }

    fn declaration(&mut self, text: &str) -> Result<(), String> {
        let Some(typedef) = text.strip_prefix("typedef ") else {
            self.functions.push(function(text)?);
            return Ok(());
        };
        if let Some((before, fields)) = typedef.split_once('{') {
            let name = before.strip_prefix("struct ").ok_or("not a structure")?.trim();
            let (fields, alias) = fields.rsplit_once('}').ok_or("the structure does not end")?;
            if alias.trim() != name {
                return Err("the structure and its typedef differ in name".to_owned());
            }
            let fields = fields.split(';').map(str::trim).filter(|field| !field.is_empty());
            let fields = fields.map(variable).collect::<Result<_, _>>()?;
            self.structures.push(Structure { name: name.to_owned(), fields });
        } else if let Some((result, rest)) = typedef.split_once("(*") {
            let (name, parameters) = rest.split_once(')').ok_or("the pointer's name does not end")?;
            self.pointers.push(function(&format!("{result} {name}{parameters}"))?);
        } else {
            let opaque: Vec<_> = typedef.split_whitespace().collect();
            if !matches!(opaque[..], ["struct", name, alias] if name == alias) {
                return Err("not an opaque structure".to_owned());
            }
        }
        Ok(())
    }

    /// Writes `numbers.rs` and `proof.rs`, which the crate includes.
    pub(crate) fn write_rust(&self, folder: &Path) -> io::Result<()> {
        fs::write(folder.join("numbers.rs"), self.numbers())?;
        fs::write(folder.join("proof.rs"), self.proof())
    }

    /// The constants, and tables of those that number errors and event types.
    fn numbers(&self) -> String {
        let mut rust = String::new();
        for (name, kind, value) in &self.constants {
            let _ = writeln!(rust, "pub(crate) const {name}: {kind} = {value};");
        }
        for (table, prefix) in [("ERRORS", "TINK_WEBHOOKS_ERROR_"), ("TYPES", "TINK_WEBHOOKS_TYPE_")] {
            let _ = writeln!(rust, "pub(crate) const {table}: &[(&str, u32)] = &[");
            for (name, _, value) in &self.constants {
                if let Some(short) = name.strip_prefix(prefix) {
                    let _ = writeln!(rust, "    ({:?}, {value}),", short.to_lowercase());
                }
            }
            let _ = writeln!(rust, "];");
        }
        rust
    }

    /// Rust that compiles only if the crate around it is what the header says.
    fn proof(&self) -> String {
        let mut rust = String::new();
        for Function { name, parameters, result } in &self.functions {
            let parameters = parameters.join(", ");
            let _ = writeln!(rust, "const _: unsafe extern \"C\" fn({parameters}) -> {result} = crate::{name};");
        }
        for Function { name, parameters, result } in &self.pointers {
            let parameters = parameters.join(", ");
            let _ = writeln!(rust, "const _: Option<unsafe extern \"C\" fn({parameters}) -> {result}> = {{");
            let _ = writeln!(rust, "    let none: {name} = None;\n    none\n}};");
        }
        for Structure { name, fields } in &self.structures {
            let _ = writeln!(rust, "const _: () = {{\n    #[repr(C)]\n    struct Declared {{");
            for (field, kind) in fields {
                let _ = writeln!(rust, "        {field}: {kind},");
            }
            let _ = writeln!(rust, "    }}\n    assert!(size_of::<Declared>() == size_of::<{name}>());");
            let _ = writeln!(rust, "    assert!(align_of::<Declared>() == align_of::<{name}>());");
            for (field, kind) in fields {
                let _ = writeln!(rust, "    assert!(offset_of!(Declared, {field}) == offset_of!({name}, {field}));");
                let _ = writeln!(rust, "    let _: fn(&{name}) -> &{kind} = |view| &view.{field};");
            }
            // A pattern that names every field, so that a field which the header lacks does not compile.
            let names: Vec<_> = fields.iter().map(|(field, _)| format!("{field}: _")).collect();
            let _ = writeln!(rust, "    let _: fn({name}) = |{name} {{ {} }}| ();\n}};", names.join(", "));
        }
        rust
    }
}

/// `result name(parameters)`.
fn function(text: &str) -> Result<Function, String> {
    let (head, parameters) = text.split_once('(').ok_or("not a function")?;
    let parameters = parameters.strip_suffix(')').ok_or("the parameters do not end")?;
    let (name, result) = variable_of(head, true)?;
    let parameters = match parameters.trim() {
        "void" => Vec::new(),
        several => several.split(',').map(|one| variable(one).map(|(_, kind)| kind)).collect::<Result<_, _>>()?,
    };
    Ok(Function { name, parameters, result })
}

fn variable(text: &str) -> Result<(String, String), String> {
    variable_of(text, false)
}

/// `type name` or `type name[length]`, as name and Rust type.
fn variable_of(text: &str, is_result: bool) -> Result<(String, String), String> {
    let text = text.trim();
    let (text, length) = match text.split_once('[') {
        Some((text, length)) => (text, Some(length.strip_suffix(']').ok_or("the array's length does not end")?)),
        None => (text, None),
    };
    let before = text.rfind(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    let (kind, name) = text.split_at(before.map_or(0, |at| at + 1));
    let stars = kind.matches('*').count();
    let kind = kind.replace('*', " ");
    let (constant, base) = match kind.split_whitespace().collect::<Vec<_>>()[..] {
        ["const", base] => (true, base),
        [base] => (false, base),
        _ => return Err(format!("the type of `{text}` is not understood")),
    };
    let mut rust = match base {
        "void" if stars == 0 && is_result => "()",
        "void" if stars > 0 => "c_void",
        "bool" => "bool",
        "char" => "c_char",
        "double" => "f64",
        "uint8_t" => "u8",
        "uint32_t" => "u32",
        "uint64_t" => "u64",
        "int64_t" => "i64",
        "size_t" => "usize",
        own if own.starts_with("tink_webhooks") => own,
        _ => return Err(format!("the type `{base}` is not understood")),
    }
    .to_owned();
    for star in 0..stars {
        // `const` applies to what the first star points to.
        rust = format!("*{} {rust}", if constant && star == 0 { "const" } else { "mut" });
    }
    if let Some(length) = length {
        rust = format!("[{rust}; {length}]");
    }
    Ok((name.to_owned(), rust))
}
