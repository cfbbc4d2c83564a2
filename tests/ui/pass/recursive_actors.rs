//! Actors that hold addresses of each other, spawn their own kind and ask it.

use playhouse::prelude::*;

#[actor]
struct Node {
    peers: Vec<Address<Node>>,
    leader: Option<Address<Leader<Node>>>,
}

#[handlers]
impl Node {
    #[message]
    async fn sum(&mut self, depth: u64, cx: &mut Context<Self>) -> Result<u64, AskError> {
        let mut sum = depth;
        if depth > 0 {
            let child = cx.system().spawn(Node {
                peers: Vec::new(),
                leader: self.leader.clone(),
            });
            self.peers.push(child.clone());
            sum += Box::pin(child.sum(depth - 1))
                .await
                .map_err(|error| match error {
                    AskError::Handler(inner) => inner,
                    _ => AskError::Failed,
                })?;
        }
        Ok(sum)
    }
}

#[actor]
struct Leader<N: Send + 'static> {
    followers: Vec<Address<Leader<N>>>,
    nodes: Vec<N>,
}

#[handlers]
impl<N: Send + 'static> Leader<N> {
    #[message]
    async fn join(&mut self, follower: Address<Self>, node: N) -> usize {
        self.followers.push(follower);
        self.nodes.push(node);
        self.followers.len()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let leader = system.spawn(Leader {
        followers: Vec::new(),
        nodes: Vec::new(),
    });
    let node = system.spawn(Node {
        peers: Vec::new(),
        leader: Some(leader.clone()),
    });
    assert_eq!(node.sum(4).await?, 10);
    let other = Node {
        peers: vec![node],
        leader: None,
    };
    assert_eq!(leader.join(leader.clone(), other).await?, 1);
    system.shutdown(secs(5)).await?;
    Ok(())
}
