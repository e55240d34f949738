//! Measures a load: bench/support/load_run.h tells how. Here every call is timed.

use std::fs;
use std::time::{Duration, Instant};

/// What the kernel counts CPU time in on every Linux: hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// The CPU time of a process so far, user and system, all its threads.
fn cpu_seconds(process: &str) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / TICKS_PER_SECOND)
}

/// What only grows; the window's figures are differences of two of these.
#[derive(Clone, Copy)]
struct Reading {
    time: Instant,
    completed: u64,
    failed: u64,
    own_cpu: Option<f64>,
    server_cpu: Option<f64>,
}

pub struct LoadRun {
    warmup: Duration,
    window: Duration,
    server_pid: u32,
    started: Instant,
    completed: u64,
    failed: u64,
    nanoseconds: Vec<u64>,
    first: Option<Reading>,
    last: Option<Reading>,
}

impl LoadRun {
    /// Starts the warm-up.
    pub fn new(warmup: f64, seconds: f64, server_pid: u32) -> Self {
        Self {
            warmup: Duration::from_secs_f64(warmup),
            window: Duration::from_secs_f64(seconds),
            server_pid,
            started: Instant::now(),
            completed: 0,
            failed: 0,
            nanoseconds: Vec::new(),
            first: None,
            last: None,
        }
    }

    /// A call that began then has ended. Returns whether the load should go on.
    pub fn end(&mut self, begun: Instant, failure: Option<&str>) -> bool {
        match failure {
            None => self.completed += 1,
            Some(reason) => {
                self.failed += 1;
                if self.failed == 1 {
                    eprintln!("first failure: {reason}");
                }
            }
        }
        let now = Instant::now();
        match (&self.first, &self.last) {
            (_, Some(_)) => {}
            (Some(first), None) => {
                self.nanoseconds.push((now - begun).as_nanos() as u64);
                if now - first.time >= self.window {
                    self.last = Some(self.read(now));
                }
            }
            (None, None) if now - self.started >= self.warmup => self.first = Some(self.read(now)),
            (None, None) => {}
        }
        self.last.is_none()
    }

    fn read(&self, time: Instant) -> Reading {
        Reading {
            time,
            completed: self.completed,
            failed: self.failed,
            own_cpu: cpu_seconds("self"),
            server_cpu: (self.server_pid != 0).then(|| cpu_seconds(&self.server_pid.to_string())).flatten(),
        }
    }

    /// The results as LoadRun::ToJson of C++ has them.
    pub fn to_json(mut self) -> String {
        let (Some(first), Some(last)) = (self.first, self.last) else { return "{}".into() };
        let requests = last.completed - first.completed;
        self.nanoseconds.sort_unstable();
        let quantile = |share: f64| {
            let index = (self.nanoseconds.len() as f64 * share) as usize;
            self.nanoseconds.get(index).map(|&value| value as f64 / 1e3)
        };
        let per_request = |begin: Option<f64>, end: Option<f64>| {
            begin.zip(end).filter(|_| requests > 0).map(|(begin, end)| (end - begin) * 1e6 / requests as f64)
        };
        let number = |value: Option<f64>| value.map_or("null".into(), |value| format!("{value:.4}"));
        format!(
            "{{\"requests\": {requests}, \"seconds\": {:.6}, \"errors\": {}, \"p50_us\": {}, \"p99_us\": {}, \
             \"server_cpu_us\": {}, \"client_cpu_us\": {}}}",
            (last.time - first.time).as_secs_f64(),
            last.failed - first.failed,
            number(quantile(0.5)),
            number(quantile(0.99)),
            number(per_request(first.server_cpu, last.server_cpu)),
            number(per_request(first.own_cpu, last.own_cpu)),
        )
    }
}
