/// Keeps, for a while after a process has started, the entries of an identity that it does not find a reason for: its cache of
/// pods may be behind its predecessor's, and an entry that another look would find wanted must not go in between. Pure; the
/// memory of one identity.
package struct LeftoverGrace: Equatable, Sendable {
    /// How long such entries stay; every cache has caught up by then.
    package static let period: Duration = .seconds(60)

    private var leftovers: Set<String> = []
    private var until: Duration?

    /// Has not looked yet.
    package init() {}

    /// Notes which entries there are and are not wanted.
    ///
    /// - Returns: those that stay all the same, and until when.
    package mutating func observe(
        unwanted: Set<String>, at time: Duration
    ) -> (kept: Set<String>, deadline: Duration?) {
        guard let until else {
            self.until = time + Self.period
            leftovers = unwanted
            return (unwanted, unwanted.isEmpty ? nil : time + Self.period)
        }
        leftovers.formIntersection(unwanted)
        guard time < until, !leftovers.isEmpty else { return ([], nil) }
        return (leftovers, until)
    }
}
