//! What is checked before any route: who is asked, and how.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Answers 421 to a request for another host and 405 to anything but a GET.
///
/// A web page anywhere can make a browser connect to this port under a name that resolves to 127.0.0.1, and could
/// then read the answer. The name is in `Host`, though: an IP address or `localhost` cannot be such a name.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let mut response = if !is_for_us(request.headers(), request.uri()) {
        (
            StatusCode::MISDIRECTED_REQUEST,
            "ask for localhost or an IP address\n",
        )
            .into_response()
    } else if request.method() != Method::GET {
        let allow = [(header::ALLOW, "GET")];
        (StatusCode::METHOD_NOT_ALLOWED, allow, "only GET\n").into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// Exactly one `Host`, which is local. With a second one, or with a target such as `GET http://other/`, the check
/// would look at one name and a proxy on the way at the other.
fn is_for_us(headers: &HeaderMap, uri: &Uri) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let Ok(host) = host.to_str() else {
        return false;
    };
    let same = uri
        .authority()
        .is_none_or(|authority| authority.as_str().eq_ignore_ascii_case(host));
    same && is_local(host)
}

/// `localhost` or an IP address, with or without a port.
fn is_local(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(address, port)| {
            address.parse::<Ipv6Addr>().is_ok()
                && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        });
    }
    let (name, port) = match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let is_name = name.eq_ignore_ascii_case("localhost") || name.parse::<Ipv4Addr>().is_ok();
    is_name && port.is_none_or(is_port)
}

/// Digits alone: `parse` would take a sign as well.
fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_hosts() {
        for host in [
            "localhost",
            "LocalHost:9090",
            "127.0.0.1",
            "127.0.0.1:9090",
            "10.1.2.3:80",
            "[::1]",
            "[::1]:9090",
            "[fe80::1]:0",
        ] {
            assert!(is_local(host), "{host}");
        }
    }

    #[test]
    fn other_hosts() {
        for host in [
            "",
            "evil.example",
            "evil.example:9090",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1:9090@evil.example",
            "localhost@evil.example",
            "user@localhost",
            "localhost.",
            " localhost",
            "localhost:",
            "localhost:+80",
            "localhost:65536",
            "localhost:80:80",
            "127.1",
            "0x7f.0.0.1",
            "2130706433",
            "::1",
            "[::1",
            "[::1]evil.example",
            "[::1]:x",
            "[evil.example]",
            "[127.0.0.1]",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }

    fn asks(hosts: &[&'static str], uri: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_static(host));
        }
        is_for_us(&headers, &Uri::from_static(uri))
    }

    #[test]
    fn exactly_one_host_and_the_same_in_the_target() {
        assert!(asks(&["localhost"], "/metrics"));
        assert!(asks(&["localhost:90"], "http://localhost:90/metrics"));
        assert!(!asks(&[], "/metrics"));
        assert!(!asks(&["localhost", "localhost"], "/metrics"));
        assert!(!asks(&["localhost", "evil.example"], "/metrics"));
        assert!(!asks(&["localhost"], "http://evil.example/metrics"));
        assert!(!asks(&["localhost"], "http://localhost:90/metrics"));
    }
}
