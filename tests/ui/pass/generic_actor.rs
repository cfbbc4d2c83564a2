//! Parameters that no message mentions, bounds that speak of two of them, a constant, and a reply
//! that is a parameter itself.

use std::collections::HashMap;
use std::hash::Hash;
use std::marker::PhantomData;

use playhouse::prelude::*;

trait Codec: Send + 'static {
    type Key: Clone + Send + 'static;
}

struct Plain;

impl Codec for Plain {
    type Key = u16;
}

#[actor]
struct Cache<K, V, C: Codec, const ROOM: usize> {
    map: HashMap<K, V>,
    last: Option<C::Key>,
    codec: PhantomData<C>,
}

#[handlers]
impl<K, V, C, const ROOM: usize> Cache<K, V, C, ROOM>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Default + From<K> + Send + Sync + 'static,
    C: Codec,
{
    #[message]
    fn put(&mut self, key: K, value: V) -> bool {
        let fits = self.map.len() < ROOM;
        if fits {
            self.map.insert(key, value);
        }
        fits
    }

    #[message]
    async fn get(&mut self, key: K) -> Option<V> {
        self.map.get(&key).cloned()
    }

    #[message]
    fn any(&self) -> V {
        self.map.values().next().cloned().unwrap_or_default()
    }

    #[message]
    fn note(&mut self, key: C::Key, filler: [u8; ROOM]) {
        let _ = filler;
        self.last = Some(key);
    }

    #[message]
    fn clear(&mut self) {
        self.map.clear();
    }

    #[handler]
    fn on_pair(&mut self, (key, value): (K, V)) -> usize {
        self.map.insert(key, value);
        self.map.len()
    }

    #[started]
    async fn fill(&mut self) {}
}

async fn through_a_generic_function<K>(
    cache: &Address<Cache<K, String, Plain, 2>>,
    key: K,
) -> String
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    String: From<K>,
{
    let _ = cache.put(key.clone(), "one".to_owned()).await;
    cache.get(key).await.ok().flatten().unwrap_or_default()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let cache = system.spawn(Cache::<char, String, Plain, 2> {
        map: HashMap::new(),
        last: None,
        codec: PhantomData,
    });
    assert_eq!(through_a_generic_function(&cache, 'a').await, "one");
    assert_eq!(cache.ask(('b', "two".to_owned())).await?, 2);
    assert!(!cache.put('c', "three".to_owned()).await?);
    assert!(cache.ask(CacheGet { key: 'b' }).await?.is_some());
    cache.note(7, [0; 2]).await?;
    cache.clear().ask().await?;
    assert_eq!(cache.any().await?, "");
    let getter: Recipient<CacheGet<char>, Option<String>> = cache.recipient();
    assert!(getter.ask(CacheGet { key: 'a' }).await?.is_none());
    system.shutdown(secs(5)).await?;
    Ok(())
}
