//! Owns the order of the checks: every check with every case, each on a bench of its own. Knows no
//! check's inside.
use super::case::Case;
use super::check::Check;
use super::data::DataCase;
use super::lab::{Bench, Lab};
use super::report::{Failure, Report};
use super::work::Work;
use super::{by_engine, by_hand, creation, declaration, refusal, wire};
use crate::openapi::Description;
use iac_core::Types;
use std::collections::BTreeMap;

/// Cases, and what they are checked against.
#[derive(Default)]
#[must_use]
pub struct Suite {
    cases: Vec<Case>,
    data: Vec<DataCase>,
    description: Option<Description>,
}

impl Suite {
    /// A suite without cases.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a case.
    pub fn case(mut self, case: Case) -> Self {
        self.cases.push(case);
        self
    }

    /// Adds cases.
    pub fn cases(mut self, cases: impl IntoIterator<Item = Case>) -> Self {
        self.cases.extend(cases);
        self
    }

    /// Adds a data source.
    pub fn data(mut self, case: DataCase) -> Self {
        self.data.push(case);
        self
    }

    /// Compares every exchange with the vendor's description; without one nothing is compared.
    pub fn description(mut self, description: Option<Description>) -> Self {
        self.description = description;
        self
    }

    /// The registered types that have no case here.
    pub fn forgotten(&self, types: &Types) -> Vec<&'static str> {
        let drivers = types.drivers().map(|driver| driver.spec().type_token);
        let readers = types.readers().map(|reader| reader.type_token());
        let resources = drivers.filter(|token| !self.cases.iter().any(|case| case.type_token == *token));
        let data = readers.filter(|token| !self.data.iter().any(|case| case.type_token == *token));
        resources.chain(data).collect()
    }

    /// Does every check with every case. Goes on after a failure.
    pub async fn run(&self, lab: &dyn Lab) -> Report {
        let mut report = Report::default();
        self.declarations(lab, &mut report).await;
        for case in &self.cases {
            for check in Check::ALL.into_iter().filter(|check| *check != Check::Declaration) {
                self.one(case, check, lab, &mut report).await;
            }
        }
        for case in &self.data {
            let bench = case.run(lab, &mut report).await;
            self.wire(case.type_token, "data", &bench, &[], &mut report);
        }
        report
    }

    /// Whether the cases of each type leave no field out.
    async fn declarations(&self, lab: &dyn Lab, report: &mut Report) {
        let mut types: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
        for case in &self.cases {
            types.entry(case.type_token).or_default().push(case);
        }
        let bench = lab.bench().await;
        for (type_token, cases) in types {
            let mut faults = Vec::new();
            let drivers = bench.provider.types();
            match drivers.drivers().find(|driver| driver.spec().type_token == type_token) {
                Some(driver) => faults.extend(declaration::faults(&**driver, &cases)),
                None => faults.push("the provider does not register it".to_owned()),
            }
            if faults.is_empty() {
                report.passed += 1;
            }
            let failure = |fault| Failure::new(type_token, Check::Declaration.name(), fault);
            report.failures.extend(faults.into_iter().map(failure));
        }
    }

    async fn one(&self, case: &Case, check: Check, lab: &dyn Lab, report: &mut Report) {
        let bench = match check {
            // There is no room for what it needs, either: another case of the type is held to this.
            Check::Quota if case.needs.iter().any(|need| need.type_token == case.type_token) => return,
            Check::Quota => match lab.full_bench(case.type_token).await {
                Some(bench) => bench,
                None => return,
            },
            _ => lab.bench().await,
        };
        let title = case.title();
        let work = match Work::start(case, bench).await {
            Ok(work) => work,
            Err(message) => return report.failures.push(Failure::new(title, check.name(), message)),
        };
        let failures = report.failures.len();
        if let Err(message) = perform(check, &work).await {
            report.failures.push(Failure::new(&title, check.name(), message));
        }
        let leaks = work.leaks().into_iter();
        report.failures.extend(leaks.map(|leak| Failure::new(&title, check.name(), leak)));
        self.wire(&title, check.name(), &work.bench, work.secrets(), report);
        report.passed += usize::from(report.failures.len() == failures);
    }

    fn wire(&self, title: &str, check: &str, bench: &Bench, secrets: &[String], report: &mut Report) {
        let exchanges = bench.server.take_exchanges();
        let mut told = wire::spoken(&exchanges, secrets);
        if let Some(description) = &self.description {
            report.exchanges += exchanges.len();
            told.extend(wire::violations(description, &exchanges, bench.base_path));
        }
        for message in told {
            // One wrong field is told once, not for each check.
            if !report.failures.iter().any(|known| known.subject == title && known.message == message) {
                report.failures.push(Failure::new(title, format!("{check}, on the wire"), message));
            }
        }
    }
}

async fn perform(check: Check, work: &Work<'_>) -> Result<(), String> {
    match check {
        // Done once for a type.
        Check::Declaration => Ok(()),
        Check::Create => creation::create(work).await,
        Check::List => creation::list(work).await,
        Check::Find => creation::find(work).await,
        Check::LostAnswer => creation::lost_answer(work).await,
        Check::Interrupted => creation::interrupted(work).await,
        Check::Update => by_hand::update(work).await,
        Check::Delete => by_hand::delete(work).await,
        Check::Missing => by_hand::missing(work).await,
        Check::Credentials => refusal::credentials(work).await,
        Check::Quota => refusal::quota(work).await,
        Check::Duplicate => refusal::duplicate(work).await,
        Check::Invalid => refusal::invalid(work).await,
        Check::Engine => by_engine::lifecycle(work, false).await,
        Check::EngineInterrupted => by_engine::lifecycle(work, true).await,
    }
}
