//! Where whoever reads a page reads on.

use std::fmt;

/// A page of `docs/` that says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runbook {
    /// Every page that Meridian sends, and the commands.
    Pages,
    /// A region's control plane, ledger or update keeps it from the release.
    RegionalFault,
    /// Evidence says that a release is bad.
    ModelFault,
    /// Which release a region serves is unknown, or its endpoint is broken.
    UpdateRollbackFailed,
    /// Objects do not arrive in a region.
    StuckReplication,
    /// The region that runs the pipeline does not answer.
    LostHome,
    /// A region's customers are to go to another.
    Failover,
}

impl Runbook {
    /// Every runbook, in the order of the documentation.
    pub const ALL: [Runbook; 7] = [
        Runbook::Pages,
        Runbook::RegionalFault,
        Runbook::ModelFault,
        Runbook::UpdateRollbackFailed,
        Runbook::StuckReplication,
        Runbook::LostHome,
        Runbook::Failover,
    ];

    /// Its path in the repository.
    pub const fn path(self) -> &'static str {
        match self {
            Runbook::Pages => "docs/runbook.md",
            Runbook::RegionalFault => "docs/runbooks/regional-fault.md",
            Runbook::ModelFault => "docs/runbooks/model-fault.md",
            Runbook::UpdateRollbackFailed => "docs/runbooks/update-rollback-failed.md",
            Runbook::StuckReplication => "docs/runbooks/stuck-replication.md",
            Runbook::LostHome => "docs/runbooks/lost-home.md",
            Runbook::Failover => "docs/runbooks/failover.md",
        }
    }
}

impl fmt::Display for Runbook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Runbook: {}", self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_runbook_that_a_page_names_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for runbook in Runbook::ALL {
            assert!(root.join(runbook.path()).is_file(), "{runbook} is not there");
        }
    }
}
