//! Teams do all of the work, once, and end as their callers want.

use super::*;

#[test]
fn results_come_in_order() {
    for threads in [1, 2, 7] {
        let done = share_out(100, threads, &mut |_| true, |task, _| Ok(task * 3)).unwrap();
        assert_eq!(done, (0..100).map(|task| task * 3).collect::<Vec<_>>());
    }
    assert_eq!(share_out(0, 4, &mut |_| true, |task, _| Ok(task)).unwrap(), Vec::<usize>::new());
}

#[test]
fn one_team_does_many_works() {
    for threads in [1, 2, 5] {
        let sum = AtomicUsize::new(0);
        let done = with_team(threads, &mut |_| true, |team| {
            assert_eq!(team.threads(), threads);
            (0..2000).try_for_each(|_| {
                let own = [AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0)];
                team.each(3, |task, _| {
                    own[task].fetch_add(1, Ordering::Relaxed);
                    Ok(())
                })?;
                // All of them are done, once each, when the call returns.
                assert!(own.iter().all(|times| times.load(Ordering::Relaxed) == 1));
                sum.fetch_add(3, Ordering::Relaxed);
                Ok(())
            })
        });
        assert!(done.is_ok());
        assert_eq!(sum.load(Ordering::Relaxed), 6000);
    }
}

#[test]
fn the_error_of_a_task_is_given() {
    for threads in [1, 3] {
        let failed =
            share_out(
                50,
                threads,
                &mut |_| true,
                |task, _| {
                    if task == 20 { Err(Error::data("task 20")) } else { Ok(()) }
                },
            );
        assert_eq!(failed.unwrap_err().message(), "task 20");
    }
}

#[test]
fn the_caller_can_stop_it() {
    for threads in [1, 2] {
        let stopped = share_out(1000, threads, &mut |_| false, |_, _| {
            thread::sleep(Duration::from_millis(1));
            Ok(())
        });
        assert_eq!(stopped.unwrap_err().kind(), Kind::Cancelled);
    }
}

#[test]
fn a_panic_of_any_thread_comes_out() {
    for threads in [1, 3] {
        let panicked = std::panic::catch_unwind(|| {
            share_out(50, threads, &mut |_| true, |task, _| {
                thread::sleep(Duration::from_millis(1));
                assert!(task != 20);
                Ok(())
            })
        });
        assert!(panicked.is_err());
    }
}
