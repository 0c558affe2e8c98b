/// When a namespace gets nothing new (rule own-28). What objects leave behind that are gone without having been let go, as after
/// a finalizer was taken off, is held where it is much (`SweepRule`); so that there is an end to it, whoever has left that much
/// behind waits until it is cleaned up. Pure.
package enum AbandonmentBrake {
    /// So many may have left something behind.
    package static let limit = 100

    /// Why a namespace gets nothing new; nil when it does.
    ///
    /// - Parameters:
    ///   - holders: how many objects of the namespace, there and gone, have something.
    ///   - objects: how many objects there are, whether they have anything or not.
    package static func refusal(holders: Int, objects: Int, kind: String, namespace: String) -> String? {
        let abandoned = holders - objects
        guard abandoned >= limit else { return nil }
        return
            "has to wait: namespace \(namespace) has abandoned what at least \(abandoned) objects of kind \(kind) had that "
            + "are gone without having been let go; it gets nothing new until that is cleaned up"
    }
}
