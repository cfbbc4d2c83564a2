//! Supervised functions: started again when they fail or fall silent, told when they are to end.
//!
//! `cargo run --example task`

use playhouse::prelude::*;
use playhouse::supervision::AutoShutdown;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("task");

    // ANCHOR: one
    // Fails twice, then is done: transient, with waits that grow.
    let fetch = supervised(task("fetch", |cx: TaskContext| async move {
        println!("fetch: attempt {}", cx.incarnation());
        if cx.incarnation() < 3 {
            Err("no answer")
        } else {
            Ok(())
        }
    }))
    .backoff(Backoff::fixed(ms(20)))
    .run(&system)
    .await?;
    fetch.wait().await?;
    println!("fetch: done after {} restarts", fetch.restarts());
    // ANCHOR_END: one

    // ANCHOR: beat
    // Hangs in its first attempt: it does not beat, so it has failed.
    let feed = task("feed", |cx: TaskContext| async move {
        while !cx.cancelled() {
            cx.beat();
            if cx.incarnation() == 1 {
                std::future::pending::<()>().await;
            }
            // Work of its own, which never outlives the attempt.
            let polled = cx.spawn(async { "news" });
            println!(
                "feed: attempt {} got {}",
                cx.incarnation(),
                polled.await.unwrap_or("nothing")
            );
            cx.until_cancelled().await;
        }
        println!("feed: was told to end, and does");
    })
    .idle_timeout(ms(50));
    // ANCHOR_END: beat

    // ANCHOR: child
    // A task is a child like any other.
    let office = Supervisor::one_for_one()
        .name("office")
        .child(feed)
        .start(&system)
        .await?;
    while office.status("feed").await?.restart_count == 0 {
        tokio::time::sleep(ms(10)).await;
    }
    let status = office.status("feed").await?;
    println!(
        "{} is {}, restarts: {}",
        status.name, status.state, status.restart_count
    );
    office.stop().await;
    // ANCHOR_END: child

    // ANCHOR: done
    let done = |text: &'static str| move |_: TaskContext| async move { println!("{text}: done") };
    let batch = Supervisor::one_for_one()
        .auto_shutdown(AutoShutdown::AllSignificant) // when the last of them is done
        .child(
            task("import", done("import"))
                .restart(Restart::Transient)
                .significant(true),
        )
        .child(
            task("export", done("export"))
                .restart(Restart::Transient)
                .significant(true),
        )
        .start(&system)
        .await?;
    println!("batch: {}", batch.wait().await);
    // ANCHOR_END: done

    system.shutdown(secs(1)).await?;
    Ok(())
}
