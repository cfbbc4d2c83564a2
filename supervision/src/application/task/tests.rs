use super::*;

fn work<F, Fut>(work: F) -> Work<()>
where
    F: FnOnce() -> Fut + Send + 'static,
    Fut: Future + Send + 'static,
    Fut::Output: TaskOutput,
{
    ShutdownTask::new("work", work).work
}

async fn failing() -> std::io::Result<()> {
    Err(std::io::Error::other("no space left"))
}

#[tokio::test]
async fn a_task_returns_nothing_or_a_result() {
    let works = [
        (work(|| async {}), Outcome::Done),
        (work(|| async { Ok(()) }), Outcome::Done),
        (
            work(|| async {
                failing().await?;
                Ok(())
            }),
            Outcome::Failed(Arc::from("no space left")),
        ),
        (
            work(async || Err("two\nlines".into())),
            Outcome::Failed(Arc::from("two lines")),
        ),
    ];
    for (work, outcome) in works {
        assert_eq!(perform(work, ()).await, outcome);
    }
}

#[test]
fn texts_are_short_and_on_one_line() {
    assert_eq!(&*clip("a\tb\r\n"), "a b");
    assert_eq!(clip(&"é".repeat(200)).len(), TEXT_LIMIT);
    assert_eq!(clip(&format!("x{}", "é".repeat(200))).len(), TEXT_LIMIT - 1);
    assert_eq!(&*clip(""), "");
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::panic_any(Self);
    }
}

#[test]
fn what_a_panic_said() {
    let said = |payload: Box<dyn Any + Send>| panicked(payload);
    let text = |text: &str| Outcome::Panicked(Arc::from(text));
    assert_eq!(said(Box::new("static")), text("static"));
    assert_eq!(said(Box::new("owned".to_owned())), text("owned"));
    assert_eq!(said(Box::new(7)), text("a panic without a text"));
}

#[test]
fn a_destructor_that_panics_ends_nothing() {
    std::panic::set_hook(Box::new(|_| {})); // the panics below are meant
    drop_quietly(Bomb);
    assert_eq!(
        panicked(Box::new(Bomb)),
        Outcome::Panicked(Arc::from("a panic without a text"))
    );
}
