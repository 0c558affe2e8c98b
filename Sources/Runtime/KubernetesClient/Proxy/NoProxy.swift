/// Which hosts are reached without a proxy, by the rules that Go programs, and so Kubernetes' own tools, follow.
///
/// A list separated by commas of: `*` (all), an IP address, a CIDR block, a domain (`example.com`: the domain and all
/// below; `.example.com` or `*.example.com`: only what is below), each but the CIDR block with an optional `:port`.
struct NoProxy: Equatable {
    private let rules: [Rule]

    private enum Rule: Equatable {
        case all
        case address(IPAddress, port: Int?)
        case block(IPAddress, bits: Int)
        case domain(String, isItself: Bool, port: Int?)
    }

    /// Reads a list; entries that mean nothing are left out.
    init(_ list: String) {
        rules = list.split(separator: ",").compactMap { entry in
            Self.rule(entry.split(whereSeparator: \.isWhitespace).first.map { $0.lowercased() } ?? "")
        }
    }

    /// Whether a host is on the list. This machine always is.
    ///
    /// - Parameter host: a name or an address, IPv6 with or without brackets.
    func contains(host: String, port: Int) -> Bool {
        var host = host.lowercased()
        if host.hasSuffix(".") { host.removeLast() }
        let address = IPAddress(host)
        if host == "localhost" || address?.isLoopback == true { return true }
        return rules.contains { rule in
            switch rule {
            case .all: true
            case .address(let own, let ownPort): own == address && (ownPort ?? port) == port
            case .block(let own, let bits): address?.shares(bits, with: own) ?? false
            case .domain(let name, let isItself, let ownPort):
                (ownPort ?? port) == port && (host.hasSuffix(".\(name)") || (isItself && host == name))
            }
        }
    }

    private static func rule(_ entry: String) -> Rule? {
        if entry.isEmpty { return nil }
        if entry == "*" { return .all }
        let parts = entry.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, let block = IPAddress(parts[0]), let bits = Int(parts[1]),
            (0...block.bytes.count * 8).contains(bits)
        {
            return .block(block, bits: bits)
        }
        if let address = IPAddress(entry) { return .address(address, port: nil) }
        let (name, port) = split(entry)
        if let address = IPAddress(name) { return .address(address, port: port) }
        guard !name.isEmpty, !name.contains("/"), !name.contains(":") else { return nil }
        if name.hasPrefix("*.") { return .domain(String(name.dropFirst(2)), isItself: false, port: port) }
        if name.hasPrefix(".") { return .domain(String(name.dropFirst()), isItself: false, port: port) }
        return .domain(String(name), isItself: true, port: port)
    }

    /// Cuts `:port` off.
    private static func split(_ entry: String) -> (name: Substring, port: Int?) {
        guard let colon = entry.lastIndex(of: ":"), let port = Int(entry[entry.index(after: colon)...]) else {
            return (entry[...], nil)
        }
        return (entry[..<colon], port)
    }
}
