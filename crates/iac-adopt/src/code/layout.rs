//! Lays out expressions as rustfmt does, for the few forms that generated code has. Knows nothing
//! of values.

/// Longest line.
const WIDTH_MAX: usize = 100;
/// Longest chain, argument list or array on one line: rustfmt's default heuristics.
const SMALL_MAX: usize = 60;
/// One level.
const INDENT: usize = 4;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Code {
    /// Anything on one line.
    Atom(String),
    /// `head.a(x).b(y)`.
    Chain(String, Vec<(String, Code)>),
    /// `[a, b]`.
    Array(Vec<Code>),
    /// `(a, b)`.
    Pair(Box<Code>, Box<Code>),
}

impl Code {
    /// On one line.
    fn flat(&self) -> String {
        match self {
            Self::Atom(text) => text.clone(),
            Self::Chain(head, calls) => {
                let calls = calls.iter().map(|(name, argument)| format!(".{name}({})", argument.flat()));
                format!("{head}{}", calls.collect::<String>())
            }
            Self::Array(items) => {
                let items: Vec<String> = items.iter().map(Self::flat).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Pair(a, b) => format!("({}, {})", a.flat(), b.flat()),
        }
    }

    /// Whether it may stand on one line of `room` columns.
    fn fits(&self, room: usize) -> bool {
        let width = self.flat().chars().count();
        let small = match self {
            Self::Atom(_) => true,
            Self::Chain(_, calls) => {
                (calls.len() <= 1 || width <= SMALL_MAX) && calls.iter().all(|(_, argument)| argument.small())
            }
            Self::Array(_) => width <= SMALL_MAX + 2,
            Self::Pair(a, b) => a.small() && b.small(),
        };
        small && width <= room
    }

    /// Whether it may be an argument on one line.
    fn small(&self) -> bool {
        match self {
            Self::Atom(_) => true,
            _ => self.flat().chars().count() <= SMALL_MAX && self.fits(WIDTH_MAX),
        }
    }

    /// Laid out from column `indent`; the first line has `before` more columns in front of it and the
    /// last one `behind` after it.
    fn lay(&self, indent: usize, before: usize, behind: usize) -> String {
        if self.fits(WIDTH_MAX.saturating_sub(indent + before + behind)) {
            return self.flat();
        }
        let (inner, margin) = (indent + INDENT, " ".repeat(indent + INDENT));
        match self {
            Self::Atom(text) => text.clone(),
            Self::Chain(head, calls) => {
                let calls = calls.iter().map(|(name, argument)| {
                    format!("\n{margin}.{name}({})", argument.argument(inner, name.chars().count() + 2))
                });
                format!("{head}{}", calls.collect::<String>())
            }
            Self::Array(items) => {
                let items = items.iter().map(|item| format!("{margin}{},\n", item.lay(inner, 0, 1)));
                format!("[\n{}{}]", items.collect::<String>(), " ".repeat(indent))
            }
            Self::Pair(a, b) => {
                let (a, b) = (a.lay(inner, 0, 1), b.lay(inner, 0, 1));
                format!("(\n{margin}{a},\n{margin}{b},\n{})", " ".repeat(indent))
            }
        }
    }

    /// As the only argument of a call that began `before` columns right of `indent`.
    fn argument(&self, indent: usize, before: usize) -> String {
        let room = WIDTH_MAX.saturating_sub(indent + before + 1);
        match self {
            Self::Atom(text) => text.clone(),
            one if one.small() && one.fits(room) => one.flat(),
            Self::Array(_) => self.lay(indent, before, 1),
            _ => {
                let inner = indent + INDENT;
                let (margin, end) = (" ".repeat(inner), " ".repeat(indent));
                format!("\n{margin}{},\n{end}", self.lay(inner, 0, 1))
            }
        }
    }
}

/// `let variable = stack.add("name", arguments)?;`, with a line break at its end.
pub(super) fn statement(variable: &str, name: &str, arguments: &Code) -> String {
    let flat = arguments.flat();
    let both = name.chars().count() + 2 + flat.chars().count();
    let line = format!("let {variable} = stack.add({name}, {flat})?;\n");
    if both <= SMALL_MAX && line.chars().count() <= WIDTH_MAX + 1 && arguments.fits(WIDTH_MAX) {
        return line;
    }
    let margin = " ".repeat(INDENT);
    let arguments = arguments.lay(INDENT, 0, 1);
    format!("let {variable} = stack.add(\n{margin}{name},\n{margin}{arguments},\n)?;\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(text: &str) -> Code {
        Code::Atom(text.to_owned())
    }

    #[test]
    fn short_statements_are_one_line() {
        let node = Code::Chain("Node::args()".into(), vec![("size".into(), atom("1u32"))]);
        assert_eq!(
            statement("web", "\"web\"", &node),
            "let web = stack.add(\"web\", Node::args().size(1u32))?;\n"
        );
    }

    #[test]
    fn long_ones_have_a_line_for_each_field() {
        let item = Code::Chain(
            "Net::args()".into(),
            vec![("network".into(), atom("&network")), ("ip".into(), atom("\"10.0.1.5\""))],
        );
        let node = Code::Chain(
            "Node::args()".into(),
            vec![
                ("name".into(), atom("\"a name that takes a whole lot of room on its line\"")),
                ("networks".into(), Code::Array(vec![item.clone(), item])),
            ],
        );
        let wanted = r#"let web = stack.add(
    "web",
    Node::args()
        .name("a name that takes a whole lot of room on its line")
        .networks([
            Net::args().network(&network).ip("10.0.1.5"),
            Net::args().network(&network).ip("10.0.1.5"),
        ]),
)?;
"#;
        assert_eq!(statement("web", "\"web\"", &node), wanted);
    }
}
