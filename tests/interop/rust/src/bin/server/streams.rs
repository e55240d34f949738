//! The streams of the server, and how they ended.

use std::{collections::HashMap, mem, sync::Arc, sync::Mutex, time::Duration};

use interop::seen_reply::End;
use interop::{Piece, SeenReply, Step, UploadReply};
use tokio::sync::{mpsc, watch};
use tokio::time;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::to_status;

pub type Pieces = ReceiverStream<Result<Piece, Status>>;

/// By the streams' ids.
#[derive(Default, Clone)]
pub struct Ends(Arc<Mutex<HashMap<String, watch::Sender<Option<SeenReply>>>>>);

impl Ends {
    fn tell(&self, id: &str, how: SeenReply) {
        self.0.lock().unwrap().entry(id.into()).or_default().send_replace(Some(how));
    }

    pub async fn wait_for(&self, id: &str) -> SeenReply {
        let mut end = self.0.lock().unwrap().entry(id.into()).or_default().subscribe();
        end.wait_for(Option::is_some).await.expect("senders stay").expect("is some")
    }
}

/// One stream while its handler runs: if that is dropped before it has said how it ended, the stream was cancelled.
struct Stream {
    ends: Ends,
    id: String,
    messages: u32,
    end: End,
}

impl Drop for Stream {
    fn drop(&mut self) {
        if !self.id.is_empty() {
            self.ends.tell(&self.id, SeenReply { end: self.end.into(), messages: self.messages });
        }
    }
}

impl Stream {
    fn new(ends: &Ends) -> Self {
        Self { ends: ends.clone(), id: String::new(), messages: 0, end: End::Cancelled }
    }

    fn count(&mut self, step: &mut Step) {
        self.id = mem::take(&mut step.id);
        self.messages += 1;
    }

    /// Whether the step ends the call, and how.
    fn ended_by(&mut self, step: &mut Step) -> Result<bool, Status> {
        if let Some(failure) = step.failure.take().filter(|failure| failure.code != 0) {
            self.end = End::Failed;
            return Err(to_status(failure, Default::default()));
        }
        if step.finish {
            self.end = End::Finished;
        }
        Ok(step.finish)
    }
}

pub async fn upload(ends: &Ends, mut steps: Streaming<Step>) -> Result<UploadReply, Status> {
    let mut stream = Stream::new(ends);
    let mut reply = UploadReply::default();
    while let Some(mut step) = steps.message().await? {
        stream.count(&mut step);
        reply.messages += 1;
        reply.bytes += step.payload.len() as u64;
        if stream.ended_by(&mut step)? {
            return Ok(reply);
        }
    }
    stream.end = End::Complete;
    Ok(reply)
}

/// Where pieces go.
type Sender = mpsc::Sender<Result<Piece, Status>>;

async fn send_pieces(step: &Step, sender: &Sender) -> Result<(), Status> {
    for size in &step.reply_sizes {
        let mut payload = step.payload.clone();
        payload.resize(*size as usize, 0);
        sender.send(Ok(Piece { payload })).await.map_err(|_| Status::cancelled("nobody reads"))?;
    }
    Ok(())
}

async fn send_download(stream: &mut Stream, mut step: Step, sender: &Sender) -> Result<(), Status> {
    stream.count(&mut step);
    send_pieces(&step, sender).await?;
    while step.forever {
        send_pieces(&step, sender).await?;
    }
    if !stream.ended_by(&mut step)? {
        stream.end = End::Complete;
    }
    Ok(())
}

async fn talk(stream: &mut Stream, mut steps: Streaming<Step>, sender: &Sender) -> Result<(), Status> {
    let mut held = Step::default();
    while let Some(mut step) = steps.message().await? {
        stream.count(&mut step);
        if step.hold {
            held = step;
            continue;
        }
        send_pieces(&step, sender).await?;
        if stream.ended_by(&mut step)? {
            return Ok(());
        }
    }
    // The steps of a stream that was cancelled end well, and only then does tonic drop its other direction.
    if !stream.id.is_empty() {
        let _ = time::timeout(Duration::from_millis(50), sender.closed()).await;
    }
    send_pieces(&held, sender).await?;
    if !stream.ended_by(&mut held)? && !sender.is_closed() {
        stream.end = End::Complete;
    }
    Ok(())
}

pub fn download(ends: &Ends, step: Step) -> Pieces {
    let mut stream = Stream::new(ends);
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        if let Err(status) = send_download(&mut stream, step, &sender).await {
            let _ = sender.send(Err(status)).await;
        }
    });
    ReceiverStream::new(receiver)
}

pub fn chat(ends: &Ends, steps: Streaming<Step>) -> Pieces {
    let mut stream = Stream::new(ends);
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        if let Err(status) = talk(&mut stream, steps, &sender).await {
            let _ = sender.send(Err(status)).await;
        }
    });
    ReceiverStream::new(receiver)
}
