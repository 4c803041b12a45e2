//! Names become addresses here, and those that are not allowed are refused: what is checked is what is connected to.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::ClientBuilder;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::policy::OutboundPolicy;

/// Asks for the addresses of a name.
pub(crate) type Lookup = Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> + Send + Sync>;

/// The system's look-up.
pub(super) fn system() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// The client, which looks names up here and takes no proxy: a proxy would make the connection for us, unguarded.
pub(super) fn guarded(client: ClientBuilder, policy: &Arc<OutboundPolicy>, listed: bool, lookup: &Lookup) -> ClientBuilder {
    client.no_proxy().dns_resolver(GuardedResolver { policy: Arc::clone(policy), listed, lookup: Arc::clone(lookup) })
}

/// A name stands for an address that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address is not allowed")]
pub(super) struct NotAllowed;

/// A resolver that knows the policy.
struct GuardedResolver {
    policy: Arc<OutboundPolicy>,
    /// Only what the allow list names (other ports than 80 and 443).
    listed: bool,
    lookup: Lookup,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, listed) = (Arc::clone(&self.policy), self.listed);
        let found = (self.lookup)(name.as_str().to_owned());
        Box::pin(async move {
            let addresses = found.await?;
            // One address that is not allowed spoils the name: nobody can say which of them would be connected to next time.
            if addresses.is_empty() || addresses.iter().any(|address| !policy.permits(*address, listed)) {
                return Err(NotAllowed.into());
            }
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
