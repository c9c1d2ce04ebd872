//! [`Look`]: how wide a text is, and whether it has colours. Knows nothing of what it says.

use std::fmt;

use anstream::adapter::strip_str;

/// Columns of a text unless it is told otherwise.
const WIDTH_DEFAULT: usize = 100;

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) width: usize,
    pub(super) color: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: WIDTH_DEFAULT, color: false }
    }
}

impl Look {
    /// Writes `styled`, without its colours where none are wanted.
    pub(super) fn write(self, f: &mut fmt::Formatter<'_>, styled: &str) -> fmt::Result {
        if self.color { f.write_str(styled) } else { write!(f, "{}", strip_str(styled)) }
    }

    /// As [`Look::write`], as a string.
    pub(super) fn text(self, styled: &str) -> String {
        if self.color { styled.to_owned() } else { strip_str(styled).to_string() }
    }
}
