//! A picture as SVG, drawn: no Graphviz, no script, no network. Knows nothing of how places are found.

use std::fmt::Write as _;

use super::layout::{Layout, NODE_HEIGHT, NODE_WIDTH, layout};
use super::model::{Node, Picture};
use crate::action::Action;
use crate::escape::xml;

/// Characters of a name that fit into a node.
const NAME_CHARS_MAX: usize = 22;
/// Characters of a type that fit below it.
const TYPE_CHARS_MAX: usize = 30;
/// For the title above the graph.
const TITLE_HEIGHT: i32 = 40;
/// For the legend below the graph.
const LEGEND_HEIGHT: i32 = 24;
/// Width of one legend entry.
const LEGEND_WIDTH: i32 = 180;
/// How far an arrow's curve swings out at least.
const CURVE_MIN: i32 = 30;

impl Picture {
    /// SVG, light or dark as the reader's system is, with a title, a description and a text for each
    /// resource. It has no scripts and loads nothing.
    pub fn to_svg(&self) -> String {
        let laid = layout(self);
        let counts = self.counts();
        let columns = (laid.width / LEGEND_WIDTH).max(1);
        let legend_rows = i32::try_from(counts.len()).unwrap_or(1).div_euclid(columns) + 1;
        let (width, height) = (laid.width, laid.height + TITLE_HEIGHT + legend_rows * LEGEND_HEIGHT);
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title desc\">\n\
             <title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n<style>\n{}</style>\n\
             <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
             markerHeight=\"7\" orient=\"auto-start-reverse\"><path class=\"head\" d=\"M0 0 8 4 0 8z\"/>\
             </marker></defs>\n<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n\
             <text class=\"title\" x=\"14\" y=\"26\">{}</text>\n",
            xml(self.title()),
            xml(&self.description()),
            style(&counts),
            xml(self.title()),
        );
        let _ = writeln!(text, "<g transform=\"translate(0 {TITLE_HEIGHT})\">");
        groups(&mut text, &laid);
        edges(&mut text, self, &laid);
        for (node, place) in self.nodes().iter().zip(&laid.nodes) {
            resource(&mut text, node, *place);
        }
        text.push_str("</g>\n");
        for (number, (action, count)) in (0..).zip(&counts) {
            let (column, row): (i32, i32) = (number % columns, number / columns);
            let (x, y) = (14 + column * LEGEND_WIDTH, TITLE_HEIGHT + laid.height + row * LEGEND_HEIGHT);
            let _ = writeln!(
                text,
                "<g class=\"{}\"><rect x=\"{x}\" y=\"{y}\" width=\"16\" height=\"16\" rx=\"3\"/><text class=\"key\" x=\"{}\" y=\"{}\">{} {}: {count}</text></g>",
                action.key(),
                x + 22,
                y + 13,
                xml(action.mark()),
                action.word(),
            );
        }
        text.push_str("</svg>\n");
        text
    }
}

fn groups(text: &mut String, laid: &Layout) {
    for group in &laid.groups {
        let _ = writeln!(
            text,
            "<g class=\"group\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/><text x=\"{}\" y=\"{}\">{}<title>{}</title></text></g>",
            group.x,
            group.y,
            group.width,
            group.height,
            group.x + 10,
            group.y + 18,
            xml(&cut(group.path.rsplit('/').next().unwrap_or_default(), NAME_CHARS_MAX)),
            xml(&group.path),
        );
    }
}

fn edges(text: &mut String, picture: &Picture, laid: &Layout) {
    for (node, to) in picture.nodes().iter().zip(&laid.nodes) {
        for from in node.needs.iter().filter_map(|needed| laid.nodes.get(*needed)) {
            let (x1, y1) = (to.0, to.1 + NODE_HEIGHT / 2);
            let (x2, y2) = (from.0 + NODE_WIDTH, from.1 + NODE_HEIGHT / 2);
            // An arrow that passes other columns would hide what is between.
            let class = if x1 - x2 > NODE_WIDTH { "edge far" } else { "edge" };
            let swing = CURVE_MIN.max((x1 - x2).abs() / 2);
            let _ = writeln!(
                text,
                "<path class=\"{class}\" d=\"M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}\" marker-end=\"url(#arrow)\"/>",
                x1 - swing,
                x2 + swing,
            );
        }
    }
}

fn resource(text: &mut String, node: &Node, (x, y): (i32, i32)) {
    let _ = writeln!(
        text,
        "<g class=\"{}\"><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{NODE_WIDTH}\" height=\"{NODE_HEIGHT}\" rx=\"6\"/><text class=\"name\" x=\"{tx}\" y=\"{}\">{} {}</text><text class=\"type\" x=\"{tx}\" y=\"{}\">{}</text></g>",
        node.action.key(),
        xml(&format!("{} {}: {}", node.type_token, node.path(), node.action.word())),
        y + 18,
        xml(node.action.mark()),
        xml(&cut(&node.name, NAME_CHARS_MAX)),
        y + 35,
        xml(&cut(&node.type_token, TYPE_CHARS_MAX)),
        tx = x + 10,
    );
}

/// At most `most` characters; the whole is in the node's title.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

fn style(counts: &[(Action, usize)]) -> String {
    let mut text = String::from(
        "text{font:12px system-ui,sans-serif;fill:#343b45}.title{font-size:16px;font-weight:600}\
         .name{font-weight:600;font-size:13px}.type{font-size:11px}\n\
         .ground{fill:#fff}.group rect{fill:#6b76840f;stroke:#98a2b0;stroke-dasharray:4 3}\
         .group text{font-weight:600}.edge{fill:none;stroke:#8592a3;stroke-width:1.3}.far{opacity:.45}.head{fill:#8592a3}\n",
    );
    let rules = |text: &mut String, colours: fn(Action) -> [&'static str; 3]| {
        for (action, _) in counts {
            let ([fill, line, ink], key) = (colours(*action), action.key());
            let _ = writeln!(
                text,
                ".{key} rect{{fill:{fill};stroke:{line};stroke-width:1.5}}.{key} .name,.{key} .type{{fill:{ink}}}"
            );
        }
    };
    rules(&mut text, Action::light);
    text.push_str(
        "@media (prefers-color-scheme:dark){\ntext{fill:#dde3ea}.ground{fill:#12161c}\
         .group rect{fill:#ffffff0a;stroke:#647082}.edge{stroke:#77859a}.head{fill:#77859a}\n",
    );
    rules(&mut text, Action::dark);
    text.push_str("}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_text() {
        let hostile = "</text><script>alert(\"1\")</script>&";
        let picture = Picture::for_test(
            hostile,
            vec![
                (hostile, hostile, hostile, Action::Create, vec![]),
                ("", "b", "t:t", Action::Delete, vec![0]),
            ],
        );
        let svg = picture.to_svg();
        assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;"), "{svg}");
        assert!(!picture.to_mermaid().contains("<script"));
        let dot = picture.to_dot();
        assert!(dot.contains(r#"alert(\"1\")"#) && !dot.contains(r#"alert("1")"#), "{dot}");
        assert_eq!(svg, picture.to_svg());
    }
}
