import SPIREClient

/// Something that signs, as the LocalAuthority API knows it.
protocol LocalAuthority: Sendable {
    var authorityID: String { get }
    /// Seconds since 1970.
    var expiresAt: Int64 { get }
}

/// What is in the place beside the active authority.
enum AuthorityStatus: String, Codable, Sendable {
    case prepared
    case old
}

/// What is done to an authority that the caller names.
enum AuthorityStep: Sendable {
    case activate
    case taint
    case revoke
}

/// The authorities of one kind, as a real server keeps them: one signs, and beside it is a place for one that is prepared
/// or was active before. Whatever was prepared once is believed until it is revoked.
struct LocalAuthorities<Authority: LocalAuthority>: Sendable {
    /// What is believed, oldest first.
    private(set) var believed: [Authority]
    /// What of it everybody should be rid of.
    private(set) var tainted: Set<String> = []
    private var activeID: String
    private var otherID: String?
    private var otherStatus = AuthorityStatus.old

    /// Starts with one that signs.
    init(_ active: Authority) {
        believed = [active]
        activeID = active.authorityID
    }

    /// What signs.
    var active: Authority? { authority(activeID) }

    /// What is in the other place; it may be revoked already.
    var other: (id: String, status: AuthorityStatus)? {
        otherID.map { ($0, otherStatus) }
    }

    private func authority(_ id: String) -> Authority? { believed.first { $0.authorityID == id } }

    /// Believes another one, which signs nothing yet. What was in the place is believed all the same.
    mutating func prepare(_ authority: Authority) {
        believed.append(authority)
        otherID = authority.authorityID
        otherStatus = .prepared
    }

    /// Does what a caller asks for.
    ///
    /// - Parameter strays: Whether one that is in neither place can be revoked, as keys can and certificates cannot.
    /// - Throws: `CallFailure` as a real server reports it.
    mutating func take(_ step: AuthorityStep, _ id: String, strays: Bool) throws(CallFailure) {
        guard !id.isEmpty else { throw .invalidArgument("no authority ID provided") }
        switch step {
        case .activate:
            guard id == otherID else { throw .invalidArgument("unexpected authority ID") }
            guard otherStatus == .prepared else { throw .internalError("only Prepared authorities can be activated") }
            swap()
        case .taint:
            guard id != activeID else { throw .invalidArgument("unable to taint current local authority") }
            guard id == otherID else { throw .invalidArgument("unexpected authority ID") }
            guard otherStatus == .old else {
                throw .invalidArgument("only Old local authorities can be tainted")
            }
            guard authority(id) != nil, !tainted.contains(id) else {
                throw .internalError("failed to taint authority")
            }
            tainted.insert(id)
        case .revoke:
            try checkRevocable(id, strays: strays)
            guard authority(id) != nil, tainted.contains(id) else {
                throw .internalError("failed to revoke authority: it is not possible to revoke an untainted one")
            }
            tainted.remove(id)
            believed.removeAll { $0.authorityID == id }
        }
    }

    private func checkRevocable(_ id: String, strays: Bool) throws(CallFailure) {
        let isOld = id == otherID && otherStatus == .old
        let isStray = strays && id != otherID && authority(id) != nil
        guard id != activeID, isOld || isStray else { throw .invalidArgument("invalid authority ID") }
    }

    private mutating func swap() {
        guard let id = otherID else { return }
        otherID = activeID
        otherStatus = .old
        activeID = id
    }

    // MARK: Past the API

    /// Signs with what was prepared, if anything was.
    mutating func activatePrepared() {
        if otherStatus == .prepared { swap() }
    }

    /// Believes nothing but what signs, as when everything else has expired.
    mutating func forgetOthers() {
        believed.removeAll { $0.authorityID != activeID }
        otherID = nil
        tainted = []
    }

    // MARK: Durability

    /// Which is which; what they sign with is saved apart from it.
    struct Places: Codable, Sendable {
        var active: String
        var other: String?
        var status: AuthorityStatus
        var tainted: [String]
    }

    var places: Places {
        Places(active: activeID, other: otherID, status: otherStatus, tainted: tainted.sorted())
    }

    /// Restores what was saved.
    init(_ believed: [Authority], places: Places) {
        self.believed = believed
        activeID = places.active
        otherID = places.other
        otherStatus = places.status
        tainted = Set(places.tainted)
    }
}
