//! Which addresses are public, and networks in CIDR notation.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network such as `10.1.0.0/16` or `fd00::/8`; a bare address is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The bits under the mask; an IPv4 address fills the lowest 32.
    bits: u128,
    mask: u128,
    v4: bool,
}

/// A text that is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a network; it should look like 10.1.0.0/16 or fd00::/8")]
pub struct NetworkError(String);

impl Network {
    /// Whether the address lies in it. A mapped address (`::ffff:10.1.2.3`) is the IPv4 address it stands for.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.v4 == address.is_ipv4() && bits(address) & self.mask == self.bits
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || NetworkError(text.chars().take(60).collect());
        let (address, length) =
            text.trim().split_once('/').map_or((text.trim(), None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().map_err(|_| refuse())?;
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => width,
            Some(length) if length.bytes().all(|b| b.is_ascii_digit()) => length.parse().map_err(|_| refuse())?,
            Some(_) => return Err(refuse()),
        };
        if length > width {
            return Err(refuse());
        }
        let all = if address.is_ipv4() { u128::from(u32::MAX) } else { u128::MAX };
        let mask = all & u128::MAX.checked_shl(width - length).unwrap_or(0);
        Ok(Self { bits: bits(address) & mask, mask, v4: address.is_ipv4() })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.v4 {
            let bits = u32::try_from(self.bits & u128::from(u32::MAX)).unwrap_or(0);
            write!(f, "{}/{}", Ipv4Addr::from(bits), self.mask.count_ones())
        } else {
            write!(f, "{}/{}", Ipv6Addr::from(self.bits), self.mask.count_ones())
        }
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// Whether the address belongs to the public Internet: none of the special-purpose ranges of IANA's registries, and none
/// that embeds an IPv4 address (mapped, NAT64, 6to4, Teredo), since the embedded one may be anything.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 31, 196)
            | (192, 52, 193)
            | (192, 88, 99)
            | (192, 168, _)
            | (192, 175, 48)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, ..] = address.segments();
    let special = match (a, b, c) {
        // 2001::/23 holds Teredo, ORCHID and benchmarking; 2001:db8::/32 and 3fff::/20 documentation; 2002::/16 6to4.
        (0x2001, 0..=0x01ff | 0x0db8, _) | (0x2002, _, _) | (0x3fff, 0..=0x0fff, _) | (0x2620, 0x004f, 0x8000) => true,
        // Only 2000::/3 is given out for unicast.
        (0x2000..=0x3fff, _, _) => false,
        _ => true,
    };
    !special
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn special_addresses_are_not_public() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "3fff:fff::1",
            "5f00::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn addresses_beside_the_special_ranges_are_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "203.0.114.0",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2003::1",
            "2606:4700::1111",
            "3ffe::1",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn networks_are_read_and_contain_what_they_should() {
        let contains = |network: &str, address: &str| network.parse::<Network>().unwrap().contains(address.parse().unwrap());
        assert!(contains("10.1.0.0/16", "10.1.255.1") && !contains("10.1.0.0/16", "10.2.0.1"));
        assert!(contains("10.1.2.3/16", "10.1.9.9"), "bits behind the mask do not matter");
        assert!(contains("127.0.0.1", "::ffff:127.0.0.1") && !contains("127.0.0.1", "127.0.0.2"));
        assert!(contains("fd00::/8", "fd12::1") && !contains("fd00::/8", "fe80::1"));
        assert!(contains("0.0.0.0/0", "8.8.8.8") && !contains("0.0.0.0/0", "::1") && !contains("::/0", "8.8.8.8"));
        assert_eq!("10.1.2.3/16".parse::<Network>().unwrap().to_string(), "10.1.0.0/16");
        assert_eq!("fd00::/8".parse::<Network>().unwrap().to_string(), "fd00::/8");
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "10.0.0.0/33", "10.0/8", "x/8", "10.0.0.0/", "10.0.0.0/+8", "::/129", "10.0.0.0/8/8", "localhost"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_mapped_address_is_judged_as_what_it_stands_for(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from(bits);
            prop_assert_eq!(is_public(v4.to_ipv6_mapped().into()), is_public(v4.into()));
        }

        #[test]
        fn standard_knowledge_of_private_addresses_is_never_contradicted(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from(bits);
            let known = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_broadcast() || v4.is_documentation()
                || v4.is_multicast() || v4.is_unspecified();
            prop_assert!(!(known && is_public(v4.into())));
        }

        #[test]
        fn any_text_is_survived(text in "\\PC{0,40}") {
            let _ = text.parse::<Network>();
        }
    }
}
