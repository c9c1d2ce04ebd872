//! What the displays show for given events, times and sizes, against recorded pictures. Nothing sleeps:
//! the clock is a number.

use anstream::adapter::strip_str;
use iac_core::state::{Holder, RunKind, RunStatus, StackId, TimestampMs};
use iac_core::{Error, ErrorKind, Event, Op, Progress, StepError, StepIndex, Urn};

use super::{Board, Log, Moment, Said, look};
use crate::canvas::Size;
use crate::columns::Line;
use crate::layout::Page;

/// 2026-11-21 12:38:08 UTC.
const START: TimestampMs = 1_795_264_688_000;
const SECOND: i64 = 1000;

fn urn(type_token: &str, path: &str) -> Urn {
    Urn::parse(&format!("urn:shop:dev:{type_token}:{path}")).expect("a URN")
}

/// A moment at which both clocks agree.
fn moment(at: TimestampMs) -> Moment {
    Moment { at, uptime_ms: (at - START).unsigned_abs() }
}

/// A run that is told event by event.
struct Scene {
    board: Board,
    now: TimestampMs,
    events: Vec<(TimestampMs, Event)>,
}

impl Scene {
    /// `after` says for each step which ones it waits for.
    fn new(after: &[&[StepIndex]]) -> Self {
        let steps = (0..).zip(after.iter().copied());
        let mut scene = Self { board: Board::of_steps(after.len(), steps), now: START, events: Vec::new() };
        let stack = StackId::new("shop", "dev");
        let steps = after.len();
        let kind = RunKind::Apply;
        scene.tell(Event::RunStarted { stack, run: 7, kind, steps, expected_ms: None, at: START });
        scene
    }

    /// The run is known to take so long.
    fn expect(&mut self, expected_ms: u64) {
        let Some((_, Event::RunStarted { stack, run, kind, steps, at, .. })) = self.events.first() else {
            panic!("a scene begins with its run");
        };
        let (stack, run, kind, steps, at) = (stack.clone(), *run, *kind, *steps, *at);
        self.tell(Event::RunStarted { stack, run, kind, steps, expected_ms: Some(expected_ms), at });
    }

    fn tell(&mut self, event: Event) {
        self.board.take(&event, self.now);
        self.events.push((self.now, event));
    }

    fn wait(&mut self, seconds: i64) {
        self.now += seconds * SECOND;
    }

    fn start(&mut self, step: StepIndex, type_token: &str, path: &str, op: Op) {
        let urn = urn(type_token, path);
        // The cloud has made servers before.
        let expected_ms = (type_token == "hetzner:server").then_some(20_000);
        self.tell(Event::StepStarted { step, urn, op, at: self.now, expected_ms });
    }

    fn progress(&mut self, step: StepIndex, what: &str, percent: Option<u8>) {
        let urn = urn("hetzner:server", "any");
        self.tell(Event::StepProgress { step, urn, progress: Progress::new(what, percent) });
    }

    fn finish(&mut self, step: StepIndex, type_token: &str, path: &str, op: Op, duration_ms: u64) {
        let urn = urn(type_token, path);
        self.tell(Event::StepFinished { step, urn, op, weaker: None, duration_ms, at: self.now });
    }

    fn retry(&mut self, step: Option<StepIndex>, attempt: u32, after_ms: u64) {
        self.tell(Event::CallRetried {
            step,
            urn: urn("hetzner:server", "web"),
            provider: "hetzner".into(),
            operation: "POST /servers".into(),
            attempt,
            reason: "the answer was 503 (unavailable)".into(),
            after_ms,
            at: self.now,
        });
    }

    fn pause(&mut self, step: Option<StepIndex>, for_ms: u64) {
        self.tell(pause(step, for_ms, self.now));
    }

    fn fail(&mut self, step: StepIndex, path: &str) {
        let error = StepError::Failed { error: Error::new(ErrorKind::QuotaExceeded, "no more servers") };
        let urn = urn("hetzner:server", path);
        let op = Op::Create;
        self.tell(Event::StepFailed { step, urn, op, error, duration_ms: 1200, at: self.now });
    }

    fn skip(&mut self, step: StepIndex, path: &str) {
        let urn = urn("hetzner:server", path);
        self.tell(Event::StepSkipped { step, urn, op: Op::Create, because: None });
    }

    /// The drawing at every size, and that it keeps to it.
    fn picture(&self, into: &mut String, title: &str, sizes: &[(usize, usize)]) {
        for (columns, rows) in sizes.iter().copied() {
            let size = Size { columns, rows };
            into.push_str(&format!("== {title}, {columns} x {rows}\n"));
            let lines = look(&self.board, self.now, size);
            keeps_to(size, &lines);
            for line in &lines {
                into.push_str(line.without_style().styled().trim_end());
                into.push('\n');
            }
        }
    }
}

/// No line wraps, and what is drawn does not push itself off the terminal.
fn keeps_to(size: Size, lines: &[Line]) {
    for line in lines {
        assert!(line.columns() < size.columns.max(2), "{size:?}: {line:?}");
    }
    assert!(lines.len() < size.rows.max(3), "{size:?}: {} lines", lines.len());
}

fn matches(name: &str, picture: &str) {
    let path = format!("{}/tests/snapshots/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, picture).expect("the directory is there");
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == picture, "{name} differs; run with UPDATE_SNAPSHOTS=1 and look at it:\n{picture}");
}

const SIZES: [(usize, usize); 3] = [(40, 24), (80, 24), (120, 40)];

/// A platform that is being built: everything a step can wait for.
fn platform() -> Scene {
    let mut scene = Scene::new(&[&[], &[0], &[0], &[0], &[0], &[1], &[1], &[1, 2], &[5], &[5], &[5], &[0]]);
    scene.start(0, "hetzner:network", "network", Op::Create);
    scene.wait(2);
    scene.finish(0, "hetzner:network", "network", Op::Create, 2000);
    scene.start(1, "hetzner:server", "philotes/control-plane", Op::Create);
    scene.start(2, "hetzner:load_balancer_service", "philotes/edge/public-https", Op::Update);
    scene.wait(5);
    scene.start(3, "hetzner:volume", "data", Op::CreateReplacement);
    scene.start(4, "hetzner:server", "old", Op::Delete);
    scene.start(11, "random:password", "admin", Op::Create);
    scene.progress(1, "action create_server", Some(45));
    scene.progress(2, "the certificate of shop.example to be issued", None);
    scene.retry(Some(3), 2, 8000);
    scene.pause(Some(4), 34_000);
    scene.wait(3);
    scene
}

#[test]
fn a_running_apply_fits_every_terminal() {
    let mut picture = String::new();
    let mut scene = platform();
    scene.picture(&mut picture, "everything a step can wait for", &SIZES);
    scene.expect(90_000);
    scene.picture(&mut picture, "with a prediction", &SIZES);
    scene.wait(6);
    scene.picture(&mut picture, "a retry has begun", &[(80, 24)]);
    scene.wait(150);
    scene.picture(&mut picture, "later than predicted", &[(80, 24)]);
    scene.fail(1, "philotes/control-plane");
    for step in 5..11 {
        scene.skip(step, "philotes/worker");
    }
    scene.picture(&mut picture, "after a failure", &SIZES);
    scene.tell(Event::Draining);
    scene.picture(&mut picture, "stopping", &SIZES);
    for size in [(20, 8), (12, 6), (80, 5), (80, 3), (3, 2), (1, 1)] {
        scene.picture(&mut picture, "hardly any room", &[size]);
    }
    let at = scene.now;
    let (run, status) = (7, RunStatus::Cancelled);
    scene.tell(Event::RunFinished { run, status, done: 1, failed: 1, skipped: 6, at });
    scene.picture(&mut picture, "over", &[(80, 24)]);
    matches("live_apply", &picture);
}

#[test]
fn ten_thousand_steps_are_as_high_as_the_terminal_allows() {
    const STEPS: usize = 10_000;
    // The first one holds up all the others but 400 that run.
    let after: Vec<&[StepIndex]> =
        (0..STEPS).map(|step| if step > 400 { &[0][..] } else { &[][..] }).collect();
    let mut scene = Scene::new(&after);
    for step in 0..=400 {
        scene.start(step, "hetzner:server", &format!("fleet-{}/worker-{step:04}", step % 7), Op::Create);
        scene.progress(step, "action create_server", Some((step % 100) as u8));
        if step % 40 == 0 {
            scene.wait(1);
        }
    }
    let mut picture = String::new();
    scene.picture(&mut picture, "401 of 10000 running", &[(40, 10), (80, 24), (120, 40)]);
    for step in 0..=390 {
        scene.finish(step, "hetzner:server", "fleet/worker", Op::Create, 900);
    }
    for step in 401..9_000 {
        scene.finish(step, "hetzner:server", "fleet/worker", Op::Create, 900);
    }
    scene.wait(4000);
    scene.picture(&mut picture, "most are done", &[(40, 10), (80, 24)]);
    matches("live_thousands", &picture);
}

#[test]
fn wide_characters_and_control_characters_stay_in_their_columns() {
    let mut scene = Scene::new(&[&[], &[], &[0]]);
    scene.start(0, "hetzner:server", "web", Op::Create);
    scene.start(1, "hetzner:server", "a-rather-long-scope/another-one/web", Op::Update);
    scene.progress(0, "サーバーを作成しています、しばらくお待ちください", Some(5));
    scene.progress(1, "\u{1b}[2Jcafe\u{301} \u{1f680} ready", None);
    let mut picture = String::new();
    scene.picture(&mut picture, "wide", &[(40, 24), (41, 24), (42, 24), (80, 24)]);
    matches("live_wide", &picture);
}

#[test]
fn waits_before_an_apply_are_drawn_with_their_time() {
    let mut board = Board::default();
    let mut picture = String::new();
    let mut draw = |board: &Board, now: TimestampMs, title: &str| {
        for (columns, rows) in [(40, 24), (100, 24)] {
            let lines = look(board, now, Size { columns, rows });
            keeps_to(Size { columns, rows }, &lines);
            picture.push_str(&format!("== {title}, {columns} x {rows}\n"));
            lines.iter().for_each(|line| {
                picture.push_str(line.without_style().styled());
                picture.push('\n');
            });
        }
    };
    board.take(&lease(), START);
    board.take(&lease(), START + 5 * SECOND);
    draw(&board, START + 12 * SECOND, "a lease");
    board.take(&Event::Refreshing { resources: 1200 }, START + 14 * SECOND);
    draw(&board, START + 20 * SECOND, "a comparison");
    board.take(&pause(None, 40_000, START + 18 * SECOND), START + 18 * SECOND);
    draw(&board, START + 25 * SECOND, "a comparison that is paused");
    board.take(&Event::Refreshed { drifted: 0, missing: 0, calls: 1 }, START);
    matches("live_waits", &picture);
}

fn pause(step: Option<StepIndex>, for_ms: u64, at: TimestampMs) -> Event {
    Event::Paused {
        step,
        urn: urn("hetzner:server", "web"),
        provider: "hetzner".into(),
        operation: "POST /servers".into(),
        reason: "the request quota is used up".into(),
        for_ms,
        at,
    }
}

fn lease() -> Event {
    let holder = Holder { name: "ci".into(), host: "build-7".into(), id: "one".into(), pid: 4711 };
    Event::LeaseHeld { stack: StackId::new("shop", "dev"), holder, since: START }
}

#[test]
fn a_log_speaks_at_the_start_at_the_end_and_of_what_takes_long() {
    let mut scene = Scene::new(&[&[], &[], &[], &[], &[], &[], &[], &[0]]);
    let mut log = Log::default();
    let mut text = String::new();
    let mut seen = 0;
    let mut hear = |scene: &Scene| {
        for (at, event) in scene.events.iter().skip(seen) {
            let mut page = Page::new(80);
            log.event(&mut page, event, moment(*at));
            text.push_str(&page.finish());
        }
        seen = scene.events.len();
        let mut page = Page::new(80);
        log.beat(&mut page, &scene.board, moment(scene.now));
        text.push_str(&page.finish());
    };
    for step in 0..7 {
        scene.start(step, "hetzner:server", &format!("worker-{step}"), Op::Create);
    }
    hear(&scene);
    for second in 1..=95 {
        scene.wait(1);
        match second {
            2 => scene.progress(0, "action create_server", Some(10)),
            10 => scene.retry(Some(1), 1, 4000),
            // Two steps, one quota: one line.
            20 => {
                scene.pause(Some(2), 60_000);
                scene.pause(Some(3), 60_000);
            }
            50 => (4..7).for_each(|step| {
                let path = format!("worker-{step}");
                scene.finish(step, "hetzner:server", &path, Op::Create, 50_000);
            }),
            55 => scene.tell(Event::Draining),
            56 => scene.fail(3, "worker-3"),
            90 => scene.skip(7, "last"),
            _ => {}
        }
        hear(&scene);
    }
    matches("log_beats", &strip_str(&text).to_string());
}

#[test]
fn thousands_of_untried_steps_are_named_and_then_counted() {
    let mut scene = Scene::new(&vec![&[][..]; 5000]);
    for step in 0..5000 {
        scene.skip(step, &format!("worker-{step}"));
    }
    let at = scene.now;
    let (run, status) = (7, RunStatus::Failed);
    scene.tell(Event::RunFinished { run, status, done: 0, failed: 0, skipped: 5000, at });
    let (mut said, mut page) = (Said::default(), Page::new(80));
    scene.events.iter().for_each(|(_, event)| said.end(&mut page, None, event));
    let text = page.finish();
    assert_eq!(text.lines().count(), 21, "{text}");
    assert!(text.ends_with("... and 4980 more not tried\n"), "{text}");
}

#[test]
fn any_run_keeps_to_any_terminal() {
    const SEED: u64 = 20_261_121;
    let mut random = SEED;
    let mut below = |limit: u64| {
        // Knuth's MMIX generator; its high bits are the good ones.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % limit
    };
    for _ in 0..300 {
        let steps = 1 + below(60) as StepIndex;
        let after: Vec<Vec<StepIndex>> = (0..steps)
            .map(|step| if step > 0 { vec![below(step.into()) as StepIndex] } else { vec![] })
            .collect();
        let after: Vec<&[StepIndex]> = after.iter().map(Vec::as_slice).collect();
        let mut scene = Scene::new(&after);
        for step in 0..steps {
            let path = format!("{}web", "scope/".repeat(below(8) as usize));
            scene.start(step, "hetzner:server", &path, Op::Create);
            match below(6) {
                0 => scene.progress(step, &"待つ ".repeat(below(20) as usize), Some(below(101) as u8)),
                1 => scene.retry(Some(step), 1, below(100_000)),
                2 => scene.pause(Some(step), below(10_000_000)),
                3 => scene.finish(step, "hetzner:server", &path, Op::Create, 5),
                4 => scene.fail(step, &path),
                _ => {}
            }
            scene.wait(below(500) as i64);
        }
        scene.expect(below(10_000_000));
        let size = Size { columns: 1 + below(130) as usize, rows: 1 + below(50) as usize };
        let lines = look(&scene.board, scene.now, size);
        keeps_to(size, &lines);
        assert!(!lines.is_empty(), "seed {SEED}");
    }
}
