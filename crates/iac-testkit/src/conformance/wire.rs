//! Owns what is asked of every exchange: that it fits the vendor's description and shows no secret
//! where a log would. Knows no case.
use crate::openapi::Description;
use crate::sim::Exchange;

/// Everything in which the exchanges do not fit the description, each once.
pub(super) fn violations(description: &Description, exchanges: &[Exchange], base_path: &str) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for exchange in exchanges {
        let refused = exchange.status.is_some_and(|status| (400..500).contains(&status));
        for violation in description.check(exchange, base_path) {
            // What the API refused may have been wrong on purpose.
            if refused && violation.pointer.starts_with("/request") {
                continue;
            }
            let text = violation.to_string();
            if !told.contains(&text) {
                told.push(text);
            }
        }
    }
    told
}

/// The requests whose path or query shows one of the secrets.
pub(super) fn spoken(exchanges: &[Exchange], secrets: &[String]) -> Vec<String> {
    let shows = |text: &str| secrets.iter().any(|secret| text.contains(secret.as_str()));
    exchanges
        .iter()
        .filter(|exchange| shows(&exchange.path) || exchange.query.iter().any(|(_, value)| shows(value)))
        .map(|exchange| {
            format!("request {} ({}) shows a secret in its address", exchange.seq, exchange.method)
        })
        .collect()
}
