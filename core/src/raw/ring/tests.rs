use super::*;

const CAPACITY: usize = 1024;

struct Alone {
    ring: Ring<u64, ()>,
    reader: Reader<u64>,
}

impl Alone {
    fn new() -> Self {
        let (ring, reader) = Ring::new(CAPACITY, ());
        Self { ring, reader }
    }

    /// Puts `count` messages in, takes them out, and goes to sleep. Gives the size of the largest buffer.
    fn burst(&mut self, count: u64) -> u64 {
        for number in 0..count {
            // Alone with the ring, as good as under its lock.
            match self.ring.claim_locked(CAPACITY as u64) {
                Ok(Some(claim)) => assert!(!claim.write(|| number) || number == 0),
                Ok(None) | Err(_) => panic!("there is room for {number}"),
            }
        }
        let (_, size) = self.ring.newest();
        let flags = self.ring.refill(&mut self.reader);
        for number in 0..count {
            assert!(
                matches!(self.ring.read(&mut self.reader), Read::Value(read) if read == number)
            );
        }
        assert!(matches!(self.ring.read(&mut self.reader), Read::Empty));
        self.ring.trim(&mut self.reader);
        assert!(self.ring.park(&self.reader, flags));
        size
    }
}

#[test]
fn a_burst_begins_with_the_buffer_of_the_last_one() {
    let mut alone = Alone::new();
    assert_eq!(alone.burst(4), 4);
    assert_eq!(alone.burst(9), 16, "all that is unread fits in the newest");
    assert_eq!(alone.burst(300), 512, "16, 32 .. 512");
    assert_eq!(alone.burst(5), 512, "at once");
    let after: Vec<u64> = (0..7).map(|_| alone.burst(5)).collect();
    assert_eq!(
        after,
        [256, 128, 64, 32, 16, 8, 8],
        "less and less, if little of it is used"
    );
}

#[test]
fn no_buffer_is_larger_than_the_capacity() {
    let mut alone = Alone::new();
    assert_eq!(alone.burst(CAPACITY as u64), CAPACITY as u64);
    assert!(alone.ring.newest().0.is_null(), "it is given back");
    assert_eq!(alone.burst(CAPACITY as u64), CAPACITY as u64);
}
