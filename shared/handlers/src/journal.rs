//! One chain of the ledger, read as far as it is needed and written at its end.
//!
//! Nobody holds a chain: two functions may write at once. Each entry's sequence number is taken at most once (a
//! conditional write), and who comes second reads what the first wrote before trying again.

use crate::ports::{Clock, ErrorKind, Ledger, PortError};
use jiff::Timestamp;
use meridian_domain::reason::Unseen;
use meridian_domain::{
    Actor, Chain, ChainError, Checkpoint, Entry, Head, Projection, Record, RegionName, Stored, checkpoint,
};
use meridian_messages::unseen;
use std::fmt;
use std::sync::Arc;

/// How often an append goes to a new head before it gives up: more writers than that at once are a fault.
const ATTEMPTS: u32 = 8;

/// Why a chain could not be read or written.
#[derive(Clone, Debug, PartialEq)]
pub enum JournalError {
    /// The store did not do what it was asked.
    Port {
        /// The chain it is about.
        chain: Chain,
        /// What the store said.
        source: PortError,
    },
    /// The chain is not one.
    Chain {
        /// The region it is about.
        region: RegionName,
        /// The chain it is about.
        chain: Chain,
        /// What is wrong, with the sequence number.
        source: ChainError,
    },
    /// Home has moved: nobody adds to its chain here any more.
    Moved {
        /// The region in whose bucket it goes on.
        to: RegionName,
    },
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&unseen::words(&self.into()))
    }
}

impl std::error::Error for JournalError {}

impl From<&JournalError> for Unseen {
    fn from(error: &JournalError) -> Self {
        match error {
            JournalError::Port { chain, source } => Self::Ledger { chain: chain.clone(), failure: source.into() },
            JournalError::Chain { region, chain, source } => {
                Self::Altered { region: region.clone(), chain: chain.clone(), fault: source.clone() }
            }
            JournalError::Moved { to } => Self::HomeMoved { to: to.clone() },
        }
    }
}

impl JournalError {
    /// True if another writer was first.
    pub fn is_conflict(&self) -> bool {
        matches!(self, JournalError::Port { source, .. } if source.kind == ErrorKind::Conflict)
    }

    /// True if the region's plane is at fault, and the same call may do later.
    pub fn is_regional(&self) -> bool {
        matches!(self, JournalError::Port { source, .. } if source.is_regional())
    }
}

/// One chain: its entries so far, added up, and its end.
#[derive(Clone, Debug)]
pub struct Journal<H> {
    region: RegionName,
    chain: Chain,
    head: Head,
    /// Shared with whoever reads it, until the chain grows.
    history: Arc<H>,
    /// How many entries need not be read again: the state that they result in is kept.
    kept: u64,
    /// The home for which whoever holds the journal acts: the hub's chain is its own region's.
    home: Option<RegionName>,
}

impl<H: Projection> Journal<H> {
    /// Reads the chain that lies in `region`'s bucket: from its newest checkpoint, where the chain names one.
    ///
    /// # Errors
    /// The store's, or a chain that was altered.
    pub async fn open(ports: &impl Ledger, region: &RegionName, chain: Chain) -> Result<Self, JournalError> {
        let kept = ports.checkpoint(region, &chain).await;
        let kept = kept.map_err(|source| JournalError::Port { chain: chain.clone(), source })?;
        if let Some(bytes) = kept {
            match Checkpoint::from_bytes(&bytes) {
                Ok(checkpoint) => {
                    let named = checkpoint::record(&bytes);
                    if let Some(journal) = Self::from(ports, region, &chain, checkpoint, &named).await? {
                        return Ok(journal);
                    }
                    tracing::error!(%region, %chain, "the chain does not name its newest checkpoint: read from the beginning");
                }
                Err(error) => {
                    tracing::error!(%region, %chain, %error, "the newest checkpoint cannot be read: read from the beginning");
                }
            }
        }
        Self::whole(ports, region, chain).await
    }

    /// Reads the chain from its beginning, whatever is kept.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub async fn whole(ports: &impl Ledger, region: &RegionName, chain: Chain) -> Result<Self, JournalError> {
        let mut journal = Self::of(region, chain, &[])?;
        journal.refresh(ports).await?;
        Ok(journal)
    }

    /// A journal of all the entries that lie in a bucket, or are about to.
    ///
    /// # Errors
    /// They are no chain.
    pub fn of(region: &RegionName, chain: Chain, entries: &[Entry]) -> Result<Self, JournalError> {
        let mut journal = Self::new(region, chain, Head::default(), Arc::default());
        entries.iter().try_for_each(|entry| journal.take(&Stored::new(entry.clone(), entry.written)))?;
        Ok(journal)
    }

    fn new(region: &RegionName, chain: Chain, head: Head, history: Arc<H>) -> Self {
        let home = (chain == Chain::Home).then(|| region.clone());
        Self { region: region.clone(), chain, kept: head.next, head, history, home }
    }

    /// The same, for whoever acts for `home`: nothing is added to the chain once it says that home is another region.
    #[must_use]
    pub fn acting_for(self, home: &RegionName) -> Self {
        Self { home: Some(home.clone()), ..self }
    }

    /// Reads on from `checkpoint`; none where the chain does not say `named` right there: then it proves nothing.
    async fn from(
        ports: &impl Ledger,
        region: &RegionName,
        chain: &Chain,
        checkpoint: Checkpoint<H>,
        named: &Record,
    ) -> Result<Option<Self>, JournalError> {
        let Checkpoint { head, history } = checkpoint;
        let mut journal = Self::new(region, chain.clone(), head, Arc::new(history));
        let news = journal.news(ports).await?;
        if news.first().is_none_or(|stored| stored.entry.record != *named) {
            return Ok(None);
        }
        journal.take_all(&news)?;
        Ok(Some(journal))
    }

    /// Writes a checkpoint if the chain has grown by `every` entries since the last one. True if this call wrote it. The
    /// entry that names it is written first: the chain names every checkpoint that exists.
    ///
    /// # Errors
    /// The store's. Another writer's entry is not an error: the chain is in use, and a later call writes the checkpoint.
    pub async fn write_checkpoint<P: Ledger + Clock>(
        &mut self,
        ports: &P,
        actor: &Actor,
        every: u64,
    ) -> Result<bool, JournalError> {
        if self.head.next.saturating_sub(self.kept) < every {
            return Ok(false);
        }
        let bytes = Checkpoint { head: self.head.clone(), history: (*self.history).clone() }.to_bytes();
        let seq = self.head.next;
        match self.append_exclusive(ports, actor, checkpoint::record(&bytes)).await {
            Ok(_) => {}
            Err(error) if error.is_conflict() => return Ok(false),
            Err(error) => return Err(error),
        }
        match ports.put_checkpoint(&self.region, &self.chain, seq, bytes).await {
            // A repeat of this call has written the same checkpoint.
            Err(failure) if failure.kind != ErrorKind::Conflict => {
                Err(JournalError::Port { chain: self.chain.clone(), source: failure })
            }
            _ => {
                self.kept = seq;
                Ok(true)
            }
        }
    }

    /// What the entries read so far add up to.
    pub fn history(&self) -> &H {
        &self.history
    }

    /// The same, to keep: what the chain grows by later does not show in it.
    pub fn shared(&self) -> Arc<H> {
        self.history.clone()
    }

    /// The end of the chain, as far as it was read.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Where the chain lies.
    pub fn region(&self) -> &RegionName {
        &self.region
    }

    /// Reads the entries that others have added since.
    ///
    /// # Errors
    /// The store's, or a chain that was altered; what was read before stays.
    pub async fn refresh(&mut self, ports: &impl Ledger) -> Result<(), JournalError> {
        self.read_on(ports).await.map(drop)
    }

    /// Adds an entry at the chain's end, wherever that is by now. An entry that the same actor has just written with
    /// the same record (a doubled event, an answer that was lost) counts as this one.
    ///
    /// # Errors
    /// The store's; `Conflict` only where others were first time after time.
    pub async fn append<P: Ledger + Clock>(
        &mut self,
        ports: &P,
        actor: &Actor,
        record: Record,
    ) -> Result<(), JournalError> {
        self.append_done(ports, actor, ports.now(), record).await
    }

    /// The same of what was done at `at`, before it could be written.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub async fn append_done<P: Ledger + Clock>(
        &mut self,
        ports: &P,
        actor: &Actor,
        at: Timestamp,
        record: Record,
    ) -> Result<(), JournalError> {
        let mut tries = 1;
        loop {
            match self.append_exclusive_from(ports, actor, at, record.clone()).await {
                Ok(_) => return Ok(()),
                Err(error) if error.is_conflict() && tries < ATTEMPTS => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Adds an entry unless the history holds by now what it would say; looks again after every other writer. True
    /// where this call wrote it: whoever wrote it also tells people.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub async fn append_unless<P: Ledger + Clock>(
        &mut self,
        ports: &P,
        actor: &Actor,
        record: Record,
        held: impl Fn(&H) -> bool,
    ) -> Result<bool, JournalError> {
        let mut tries = 1;
        while !held(&self.history) {
            match self.append_exclusive(ports, actor, record.clone()).await {
                Ok(_) => return Ok(true),
                Err(error) if error.is_conflict() && tries < ATTEMPTS => tries += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Adds an entry only if nobody has added another since this journal was read: for records that are decided from
    /// the history, such as taking the lease. After a `Conflict` the journal holds what the others wrote. True if this
    /// write went through; false where the entry was there already: its own, of which the answer was lost, or that of its
    /// twin (the same actor's, from an event that was delivered twice).
    ///
    /// # Errors
    /// The store's; `Conflict` where another writer was first.
    pub async fn append_exclusive<P: Ledger + Clock>(
        &mut self,
        ports: &P,
        actor: &Actor,
        record: Record,
    ) -> Result<bool, JournalError> {
        self.append_exclusive_from(ports, actor, ports.now(), record).await
    }

    /// The same of what holds from `at` on.
    ///
    /// # Errors
    /// As [`Journal::append_exclusive`].
    pub async fn append_exclusive_from<P: Ledger + Clock>(
        &mut self,
        ports: &P,
        actor: &Actor,
        at: Timestamp,
        record: Record,
    ) -> Result<bool, JournalError> {
        self.may_grow(&record)?;
        let caller = ports.caller().await;
        let entry = Entry { at, caller, ..self.head.entry(ports.now(), actor.clone(), record) };
        let Err(failure) = ports.append(&self.region, &self.chain, &entry).await else {
            // This process's own clock vouches for it until it is read back.
            self.take(&Stored::new(entry.clone(), entry.written))?;
            self.log("ledger entry written", &entry);
            return Ok(true);
        };
        // A conflict may be with this very entry: the client repeats a write whose answer was lost.
        if matches!(failure.kind, ErrorKind::Conflict | ErrorKind::Unreachable) {
            match self.read_on(ports).await {
                Ok(news)
                    if news
                        .iter()
                        .any(|other| other.entry.actor == entry.actor && other.entry.record == entry.record) =>
                {
                    self.log("ledger entry was there already", &entry);
                    return Ok(false);
                }
                Err(error) if failure.kind == ErrorKind::Conflict => return Err(error),
                // Whether it was written stays unknown; the first error says more than the second.
                Ok(_) | Err(_) => {}
            }
        }
        Err(JournalError::Port { chain: self.chain.clone(), source: failure })
    }

    /// Who acts for a home that has moved adds nothing but the word that takes it back. What was read up to the chain's end says so, and
    /// the next entry is written only behind that: nobody slips in between.
    fn may_grow(&self, record: &Record) -> Result<(), JournalError> {
        let (Some(own), Some(home)) = (&self.home, self.history.home()) else { return Ok(()) };
        let takes_over = matches!(record, Record::HomeMoved { to, .. } if to == own);
        if home == own || takes_over { Ok(()) } else { Err(JournalError::Moved { to: home.clone() }) }
    }

    async fn read_on(&mut self, ports: &impl Ledger) -> Result<Vec<Stored>, JournalError> {
        let news = self.news(ports).await?;
        self.take_all(&news)?;
        Ok(news)
    }

    /// The entries behind the end, as far as it was read.
    async fn news(&self, ports: &impl Ledger) -> Result<Vec<Stored>, JournalError> {
        let news = ports.entries(&self.region, &self.chain, self.head.next).await;
        news.map_err(|source| JournalError::Port { chain: self.chain.clone(), source })
    }

    fn take_all(&mut self, news: &[Stored]) -> Result<(), JournalError> {
        news.iter().try_for_each(|stored| self.take(stored))
    }

    fn take(&mut self, stored: &Stored) -> Result<(), JournalError> {
        let entry = self.head.believe(stored).map_err(|source| JournalError::Chain {
            region: self.region.clone(),
            chain: self.chain.clone(),
            source,
        })?;
        Arc::make_mut(&mut self.history).apply(&entry);
        Ok(())
    }

    fn log(&self, what: &'static str, entry: &Entry) {
        // What a record says of itself costs a JSON document.
        if !tracing::enabled!(tracing::Level::INFO) {
            return;
        }
        let Logged { record, release } = Logged::of(&entry.record);
        tracing::info!(region = %self.region, chain = %self.chain, seq = entry.seq, record, release, "{what}");
    }
}

/// A record's kind and release, read from its stored form, so that a new kind of record needs no line here.
struct Logged {
    record: String,
    release: Option<String>,
}

impl Logged {
    fn of(record: &Record) -> Self {
        let stored = serde_json::to_value(record).unwrap_or_default();
        let text = |pointer| stored.pointer(pointer).and_then(serde_json::Value::as_str).map(str::to_owned);
        let release = ["/release", "/target/release", "/from/release"].into_iter().find_map(text);
        Self { record: text("/record").unwrap_or_default(), release }
    }
}
