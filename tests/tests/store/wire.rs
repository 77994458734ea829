//! A real server behind a connection that spoils requests.

use std::io::{ErrorKind, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cobre_data::output::OutputError;
use cobre_data::store::{Location, Store, StoreOptions};

use super::conformance::{content, kind};
use crate::servers::{FaultProxy, S3Server, Verdict};

/// A store that goes through a proxy, and one that does not.
struct Wire {
    proxy: FaultProxy,
    spoiled: Store,
    sound: Store,
}

/// A place of its own on the server, with more `options` for the client behind the proxy.
fn wire(
    server: &S3Server,
    options: &[(&str, &str)],
    plan: impl Fn(usize, &str) -> Verdict + Send + Sync + 'static,
) -> Wire {
    static N_PLACES: AtomicUsize = AtomicUsize::new(0);
    let place = server.url(&format!("wire/{}", N_PLACES.fetch_add(1, Ordering::SeqCst)));
    let location = Location::parse(&place).expect("a location");
    let proxy = FaultProxy::start(server.port(), plan);
    let mut through = server.options();
    through.0.insert("aws_endpoint".to_owned(), proxy.endpoint());
    through.0.extend(options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    let open = |options: &StoreOptions| Store::open(&location, options).expect("a store");
    Wire { spoiled: open(&through), sound: open(&server.options()), proxy }
}

/// Two parts.
fn large() -> &'static [u8] {
    static CONTENT: OnceLock<Vec<u8>> = OnceLock::new();
    CONTENT.get_or_init(|| content((8 << 20) + 5000, 3))
}

/// Work on a store. Whatever it answered, the files it left are whole; after a success all are there.
struct Job {
    run: fn(&Store) -> Result<(), OutputError>,
    leaves: fn() -> Vec<(&'static str, &'static [u8])>,
    /// Requests without a fault, at least.
    n_requests: usize,
}

const SMALL_FILES: Job = Job {
    run: |store| {
        assert!(store.put_new("claim", b"mine".to_vec())?, "nobody else is there");
        assert!(!store.put_new("claim", b"yours".to_vec())?, "the claim is taken");
        store.replace("sign", b"alive".to_vec())?;
        let listed: Vec<_> = store.list("")?.files.into_iter().map(|file| file.path).collect();
        assert_eq!(listed, ["claim", "sign"]);
        assert_eq!(store.get("claim")?, &b"mine"[..]);
        store.remove("claim")?;
        assert_eq!(store.size("claim")?, None);
        assert!(store.put_new("claim", b"mine".to_vec())?, "the name is free again");
        Ok(())
    },
    leaves: || vec![("claim", b"mine"), ("sign", b"alive")],
    n_requests: 9,
};

const LARGE_FILE: Job = Job {
    run: |store| {
        let mut file = store.create("large")?;
        let path = store.location("large");
        file.write_all(large()).map_err(|source| OutputError::IoError { operation: "write", path, source })?;
        let published = file.publish()?;
        assert_eq!(store.fingerprint("large")?, published);
        Ok(())
    },
    leaves: || vec![("large", large())],
    n_requests: 9,
};

/// Any single fault, at every request, with a client that tries again and one that does not.
#[test]
fn one_spoiled_request_never_makes_a_wrong_success() {
    let server = S3Server::start();
    std::thread::scope(|scope| {
        for verdict in [Verdict::Answer(503), Verdict::Answer(409), Verdict::Close, Verdict::DropAnswer] {
            for retries in ["3", "0"] {
                let server = &server;
                scope.spawn(move || {
                    for job in [SMALL_FILES, LARGE_FILE] {
                        spoil_each_request(server, &job, verdict, retries);
                    }
                });
            }
        }
    });
}

fn spoil_each_request(server: &S3Server, job: &Job, verdict: Verdict, retries: &str) {
    for index in 0.. {
        let plan = move |request, _: &str| if request == index { verdict } else { Verdict::Forward };
        let wire = wire(server, &[("max_retries", retries)], plan);
        let answer = (job.run)(&wire.spoiled);
        let case = format!("{verdict:?} at {index} {:?}, {retries} retries", wire.proxy.spoiled());
        for (name, wanted) in (job.leaves)() {
            match wire.sound.get_if_exists(name).expect("an answer") {
                Some(found) => assert!(found == wanted, "{case}: {name} is not what was written"),
                None => assert!(answer.is_err(), "{case}: {name} is missing after a success"),
            }
        }
        if wire.proxy.n_requests() <= index {
            answer.expect("no fault");
            assert!(index >= job.n_requests, "{case}: too few requests");
            return;
        }
        if verdict == Verdict::Answer(503) && retries == "3" {
            answer.unwrap_or_else(|error| panic!("{case}: {error}"));
        }
    }
}

/// What the server did and did not say is found out by the writer.
#[test]
fn the_lost_answer_of_a_claim_is_found_out() {
    let server = S3Server::start();
    for retries in ["3", "0"] {
        let plan = |request, _: &str| if request == 0 { Verdict::DropAnswer } else { Verdict::Forward };
        let wire = wire(&server, &[("max_retries", retries)], plan);
        assert!(wire.spoiled.put_new("claim", b"mine".to_vec()).expect("an answer"));
        assert_eq!(wire.proxy.spoiled().len(), 1);
        assert!(!wire.spoiled.put_new("claim", b"yours".to_vec()).expect("an answer"));
    }
}

/// A write that arrives after the client has given up was reported as failed, not as done.
#[test]
fn a_late_write_was_reported_as_failed() {
    let server = S3Server::start();
    let late = Duration::from_millis(1500);
    let plan = move |request, _: &str| if request == 0 { Verdict::Delay(late) } else { Verdict::Forward };
    let wire = wire(&server, &[("timeout", "300ms"), ("max_retries", "3")], plan);
    let error = wire.spoiled.put_new("claim", b"mine".to_vec()).expect_err("no answer in time");
    assert_eq!(kind(&error), ErrorKind::TimedOut, "{error}");
    let started = Instant::now();
    while wire.sound.size("claim").expect("an answer").is_none() {
        assert!(started.elapsed() < Duration::from_secs(30), "the write never arrives");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(wire.spoiled.put_new("claim", b"mine".to_vec()).expect("an answer"), "the late write was ours");
}

/// The server keeps no parts of a file that was not published.
#[test]
fn an_upload_that_is_given_up_is_gone_from_the_server() {
    let server = S3Server::start();
    let wire = wire(&server, &[], |_, _| Verdict::Forward);
    let mut file = wire.sound.create("large").expect("a name");
    file.write_all(large()).expect("written");
    file.write_all(large()).expect("written");
    assert_eq!(server.n_unfinished_uploads(), 1);
    drop(file);
    assert_eq!(server.n_unfinished_uploads(), 0);
}

/// A server that answers nothing but errors, or nothing at all, costs a bounded time.
#[test]
fn a_server_that_is_down_is_an_error() {
    let server = S3Server::start();
    for verdict in [Verdict::Answer(503), Verdict::Answer(500), Verdict::Close] {
        let options = [("max_retries", "2"), ("retry_timeout_seconds", "5")];
        let wire = wire(&server, &options, move |_, _| verdict);
        let started = Instant::now();
        let error = wire.spoiled.put_new("claim", b"mine".to_vec()).expect_err("no answer");
        let place = wire.spoiled.location("claim").display().to_string();
        assert!(error.to_string().contains(&place), "{error}");
        assert!(wire.spoiled.get_if_exists("claim").is_err(), "an error is not an absent file");
        assert!(wire.spoiled.list("").is_err() && wire.spoiled.size("claim").is_err());
        assert!(started.elapsed() < Duration::from_mins(1), "{:?}", started.elapsed());
    }
}

/// Credentials are never part of a message.
#[test]
fn a_refused_key_is_an_error_that_does_not_show_it() {
    let server = S3Server::start();
    let options = [("aws_secret_access_key", "hush-hush"), ("max_retries", "0")];
    let wire = wire(&server, &options, |_, _| Verdict::Answer(403));
    let error = wire.spoiled.get("claim").expect_err("refused");
    assert_eq!(kind(&error), ErrorKind::PermissionDenied, "{error}");
    assert!(!format!("{error} {error:?} {:?}", wire.spoiled).contains("hush"), "{error}");
}
