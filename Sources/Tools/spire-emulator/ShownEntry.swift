import FoundationEssentials
import LanyardAPI

/// A registration entry as it is printed for people and scripts.
struct ShownEntry: Codable, Equatable {
    var id: String
    var spiffeID: String
    var parentID: String
    var selectors: [String]
    var x509SVIDTTL: Int32
    var jwtSVIDTTL: Int32
    var dnsNames: [String]
    var federatesWith: [String]
    var admin: Bool
    var downstream: Bool
    var storeSVID: Bool
    var hint: String
    var expiresAt: Int64
    var x509SVIDPrefetch: Bool
    var revisionNumber: Int64
    var createdAt: Int64

    init(_ entry: RegistrationEntry) {
        id = entry.id
        spiffeID = entry.spiffeID.description
        parentID = entry.parentID.description
        selectors = entry.selectors.sorted().map(\.description)
        x509SVIDTTL = entry.x509SVIDTTL
        jwtSVIDTTL = entry.jwtSVIDTTL
        dnsNames = entry.dnsNames
        federatesWith = entry.federatesWith.sorted()
        admin = entry.isAdmin
        downstream = entry.isDownstream
        storeSVID = entry.storesSVID
        hint = entry.hint
        expiresAt = entry.expiresAt
        x509SVIDPrefetch = !entry.disablesX509SVIDPrefetch
        revisionNumber = entry.revisionNumber
        createdAt = entry.createdAt
    }

    /// A JSON array.
    static func json(_ entries: [ShownEntry]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(entries), as: UTF8.self)
    }

    /// One block of lines for each entry; what has the server's default is left out.
    static func text(_ entries: [ShownEntry]) -> String {
        var blocks = [entries.count == 1 ? "1 entry" : "\(entries.count) entries"]
        blocks += entries.map(\.block)
        return blocks.joined(separator: "\n\n")
    }

    private var block: String {
        var lines: [(String, String)] = [("Entry ID", id), ("SPIFFE ID", spiffeID), ("Parent ID", parentID)]
        lines += selectors.map { ("Selector", $0) }
        lines += dnsNames.map { ("DNS name", $0) }
        lines += federatesWith.map { ("Federates with", $0) }
        if x509SVIDTTL != 0 { lines.append(("X509-SVID TTL", "\(x509SVIDTTL) s")) }
        if jwtSVIDTTL != 0 { lines.append(("JWT-SVID TTL", "\(jwtSVIDTTL) s")) }
        if !hint.isEmpty { lines.append(("Hint", hint)) }
        if admin { lines.append(("Admin", "yes")) }
        if downstream { lines.append(("Downstream", "yes")) }
        if storeSVID { lines.append(("Store SVID", "yes")) }
        if !x509SVIDPrefetch { lines.append(("Prefetch", "no")) }
        if expiresAt != 0 { lines.append(("Expires at", "\(expiresAt)")) }
        lines.append(("Revision", "\(revisionNumber)"))
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { name, value in
            name + String(repeating: " ", count: width - name.count) + " : " + value
        }.joined(separator: "\n")
    }
}
