//! Liveness, read from the explored graph: stateright's own `eventually` looks at paths that end, and takes a loop for none.

/// What was explored: who follows whom, by their fingerprints.
#[derive(Default)]
pub struct Graph {
    edges: Vec<(u64, u64)>,
    ended: Vec<u64>,
    ailing: Vec<u64>,
}

/// What is wrong with a graph.
#[derive(Debug, PartialEq, Eq)]
pub enum Restless {
    /// So many states from which the end cannot be reached, and one of them.
    Endless(usize, u64),
    /// So many states go round for ever, or lead to some that do, although no fault holds, and one of them.
    Round(usize, u64),
}

impl Graph {
    /// One state follows another.
    pub fn edge(&mut self, from: u64, to: u64) {
        self.edges.push((from, to));
    }

    /// What a state is: an end, and whether something ails in it that must pass.
    pub fn node(&mut self, print: u64, ended: bool, ailing: bool) {
        self.ended.extend(ended.then_some(print));
        self.ailing.extend(ailing.then_some(print));
    }

    /// From every state the end can be reached; and no path goes round for ever while nothing ails, so that every history
    /// does reach it once its faults are over.
    pub fn rests(&self) -> Result<(), Restless> {
        let mut prints: Vec<u64> = self.edges.iter().flat_map(|(from, to)| [*from, *to]).collect();
        prints.sort_unstable();
        prints.dedup();
        let number = |print: &u64| u32::try_from(prints.partition_point(|other| other < print)).unwrap_or(u32::MAX);
        let edges: Vec<(u32, u32)> = self.edges.iter().map(|(from, to)| (number(from), number(to))).collect();
        let ended = self.ended.iter().map(number).collect();
        let mut ailing = vec![false; prints.len()];
        self.ailing.iter().for_each(|print| ailing[number(print) as usize] = true);
        let print = |node: usize| prints.get(node).copied().unwrap_or(0);
        reach_the_end(&edges, ended, prints.len()).map_err(|(count, one)| Restless::Endless(count, print(one)))?;
        go_on(&edges, &ailing).map_err(|(count, one)| Restless::Round(count, print(one)))
    }
}

fn reach_the_end(edges: &[(u32, u32)], mut open: Vec<u32>, nodes: usize) -> Result<(), (usize, usize)> {
    let before = Lists::of(nodes, edges.iter().map(|(from, to)| (*to, *from)));
    let mut reaches = vec![false; nodes];
    while let Some(node) = open.pop() {
        if !std::mem::replace(&mut reaches[node as usize], true) {
            open.extend(before.of_node(node).iter().filter(|node| !reaches[**node as usize]));
        }
    }
    let endless = reaches.iter().filter(|reaches| !**reaches).count();
    let one = reaches.iter().position(|reaches| !reaches);
    one.map_or(Ok(()), |one| Err((endless, one)))
}

fn go_on(edges: &[(u32, u32)], ailing: &[bool]) -> Result<(), (usize, usize)> {
    let nodes = ailing.len();
    let well = |(from, to): &&(u32, u32)| !ailing[*from as usize] && !ailing[*to as usize];
    let after = Lists::of(nodes, edges.iter().filter(well).copied());
    let mut before = vec![0_u32; nodes];
    edges.iter().filter(well).for_each(|(_, to)| before[*to as usize] += 1);
    let mut open: Vec<u32> = (0..).take(nodes).filter(|node| before[*node as usize] == 0).collect();
    let mut sorted = 0;
    while let Some(node) = open.pop() {
        sorted += 1;
        for to in after.of_node(node) {
            before[*to as usize] -= 1;
            if before[*to as usize] == 0 {
                open.push(*to);
            }
        }
    }
    let one = before.iter().position(|before| *before > 0);
    one.map_or(Ok(()), |one| Err((nodes - sorted, one)))
}

/// For each node a list of others.
struct Lists {
    starts: Vec<usize>,
    all: Vec<u32>,
}

impl Lists {
    fn of(nodes: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0; nodes + 1];
        pairs.clone().for_each(|(from, _)| starts[from as usize + 1] += 1);
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut at = starts.clone();
        let mut all = vec![0; starts[nodes]];
        for (from, to) in pairs {
            all[at[from as usize]] = to;
            at[from as usize] += 1;
        }
        Self { starts, all }
    }

    fn of_node(&self, node: u32) -> &[u32] {
        &self.all[self.starts[node as usize]..self.starts[node as usize + 1]]
    }
}

#[test]
fn a_graph_that_goes_round_or_has_no_way_out_is_seen() {
    let graph = |edges: &[(u64, u64)], ailing: &[u64]| {
        let mut graph = Graph::default();
        for (from, to) in edges {
            graph.edge(*from, *to);
            graph.node(*to, *to == 9, ailing.contains(to));
        }
        graph.rests()
    };
    assert_eq!(graph(&[(1, 2), (2, 9), (1, 9)], &[]), Ok(()));
    assert_eq!(graph(&[(1, 2), (1, 9)], &[]), Err(Restless::Endless(1, 2)));
    assert_eq!(graph(&[(1, 2), (2, 1), (2, 9)], &[]), Err(Restless::Round(3, 1)));
    assert_eq!(graph(&[(1, 2), (2, 1), (2, 9)], &[2]), Ok(()), "the fault ends");
}
