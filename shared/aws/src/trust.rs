//! Whose certificates are taken on the way to AWS.

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Amazon Root CA 1 to 4 and Starfield Services Root G2: [AWS's endpoints' certificates descend from
/// them](https://www.amazontrust.com/repository/), and a test holds these bytes against the fingerprints told there.
const AMAZON: &str = include_str!("amazon-roots.pem");

/// Which authorities may vouch for a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Amazon's own, compiled in. The functions talk to nobody else, and start without reading the system's hundred others.
    #[default]
    Amazon,
    /// The system's, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`: people may sit behind a proxy of their company's.
    System,
}

impl Trust {
    /// A client over TLS, for all services: each of their own would read the certificates again.
    #[expect(
        clippy::expect_used,
        reason = "nothing from outside: only names of servers could be wrong, and none are given"
    )]
    pub(crate) fn https(self) -> SharedHttpClient {
        let store = match self {
            Self::Amazon => TrustStore::empty().with_pem_certificate(AMAZON),
            Self::System => TrustStore::default(),
        };
        let context = TlsContext::builder().with_trust_store(store).build().expect("a context without names");
        let tls = tls::Provider::Rustls(CryptoMode::Ring);
        Builder::new().tls_provider(tls).tls_context(context).build_https()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::STANDARD};
    use meridian_domain::Sha256;

    /// The fingerprints as the repository of Amazon's authorities tells them.
    const TOLD: [&str; 5] = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
    ];

    #[test]
    fn the_functions_trust_amazons_five_authorities_and_nobody_else() {
        let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
        let bodies = AMAZON.split(begin).skip(1).map(|rest| rest.split(end).next().unwrap().replace('\n', ""));
        let fingerprints: Vec<String> =
            bodies.map(|body| Sha256::of(&STANDARD.decode(body).unwrap()).to_string()).collect();
        assert_eq!(fingerprints, TOLD);
        // What no authority could be read from would stop every function at its first call.
        drop(Trust::Amazon.https());
    }
}
