//! tonic's client of the benchmark `unary`: one thread, every connection a channel of its own, every call in flight a task.
//! taskset chooses its core.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bench::bench_client::BenchClient;
use bench::{Flags, LoadRun, Payload};
use tokio::{runtime, task::JoinSet};
use tonic::transport::{Channel, Endpoint};

struct Load {
    port: u16,
    connections: usize,
    in_flight: usize,
    payload: usize,
}

/// One call after the other.
async fn call_on_and_on(run: Arc<Mutex<LoadRun>>, mut stub: BenchClient<Channel>, body: Vec<u8>) {
    let mut go_on = true;
    while go_on {
        let begun = Instant::now();
        let failure = match stub.unary(Payload { body: body.clone() }).await {
            Ok(reply) if reply.get_ref().body.len() == body.len() => None,
            Ok(_) => Some("the reply has another size".to_string()),
            Err(status) => Some(status.to_string()),
        };
        go_on = run.lock().unwrap().end(begun, failure.as_deref());
    }
}

async fn call(run: &Arc<Mutex<LoadRun>>, load: Load) -> Result<(), Box<dyn Error>> {
    let mut calls = JoinSet::new();
    for _ in 0..load.connections {
        let channel = Endpoint::from_shared(format!("http://127.0.0.1:{}", load.port))?.connect().await?;
        for _ in 0..load.in_flight {
            calls.spawn(call_on_and_on(run.clone(), BenchClient::new(channel.clone()), vec![b'x'; load.payload]));
        }
    }
    while let Some(ended) = calls.join_next().await {
        ended?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut flags = Flags::parse();
    let load = Load {
        port: flags.take("--port", 0),
        connections: flags.take("--connections", 1),
        in_flight: flags.take("--in-flight", 1),
        payload: flags.take("--payload", 16),
    };
    let (warmup, seconds) = (flags.take("--warmup", 0.5), flags.take("--seconds", 2.0));
    let server_pid = flags.take("--server-pid", 0);
    flags.finish();

    let run = Arc::new(Mutex::new(LoadRun::new(warmup, seconds, server_pid)));
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(call(&run, load))?;
    let run = Arc::into_inner(run).ok_or("a call is still under way")?.into_inner()?;
    println!("{}", run.to_json());
    Ok(())
}
