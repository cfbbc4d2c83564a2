use playhouse_core::System;

use super::*;

fn is_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn it_may_run_on_any_task() {
    let application = Application::new(&System::new("test"));
    application.handle().shutdown("enough");
    let running = tokio::spawn(is_send(application.run()));
    let report = running.await.expect("it returns").expect("it makes sense");
    assert!(report.is_clean());
}

#[test]
fn outside_of_a_runtime_it_says_so() {
    let system = System::new("test");
    let running = std::pin::pin!(Application::new(&system).run());
    let waker = std::task::Waker::noop();
    let polled = running.poll(&mut std::task::Context::from_waker(waker));
    assert_eq!(
        polled,
        std::task::Poll::Ready(Err(ApplicationError::NoRuntime))
    );
}

#[tokio::test]
async fn tasks_are_bounded_in_number() {
    let fill = |count: usize| {
        (0..count).fold(Application::new(&System::new("test")), |application, nr| {
            application.task(ShutdownPhase::ACTORS, nr.to_string(), || async {})
        })
    };
    let full = fill(Application::MAX_TASKS);
    assert!(full.plan().is_ok());
    let error = fill(Application::MAX_TASKS + 2).plan().err();
    let Some(ApplicationError::Plan(error)) = error else {
        panic!("two too many: {error:?}");
    };
    let limit = Application::MAX_TASKS;
    let mistakes: Vec<_> = error.mistakes().collect();
    assert_eq!(
        mistakes,
        [
            ("actors/1000", &PlanMistake::TooManyTasks { limit }),
            ("actors/1001", &PlanMistake::TooManyTasks { limit }),
        ]
    );
}
