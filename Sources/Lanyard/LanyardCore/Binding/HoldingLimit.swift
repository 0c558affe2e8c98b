/// When a binding gets nothing new (rule own-29). While a part of a new form fails, what the former ones made stays (rule order-6):
/// who renames again and again meanwhile would have objects and claims made without end. So whoever holds much that its spec does
/// not want any more waits until that is gone. Pure.
package enum HoldingLimit {
    /// As much as the largest spec wants: database roles with a user each, a policy, and a role at either auth method. So any spec
    /// may take the place of any other, whatever fails; and nobody ever holds more than two of the largest want.
    package static let limit = 2 * BindingPaths.roleLimit + 3

    /// Why a binding gets nothing that it does not hold; nil when it does.
    ///
    /// Names that it held last are the way out: with them there is less that is not wanted, so that what fails can be made.
    ///
    /// - Parameters:
    ///   - access: what its spec wants.
    ///   - held: the paths that the ledger says are its own.
    ///   - lookups: what was read for it, by path.
    package static func refusal(
        of access: DesiredAccess, holding held: [String], lookups: [String: ObjectLookup]
    ) -> String? {
        let former = Set(held).subtracting(access.claimPaths).count
        guard former > limit else { return nil }
        let trouble: String? = access.objectPaths.lazy.compactMap { lookups[$0]?.failure }.first
        let cause = trouble.map { " (\($0))" } ?? ""
        return """
            has to wait: \(former) objects of earlier specs are still there, which stay as long as a part of what the spec asks \
            for fails\(cause). Nothing new is made until they are gone: put back the names that the binding had last and put \
            right what fails, or delete the binding
            """
    }
}

extension ObjectLookup {
    /// What is wrong with a path that could not be read.
    fileprivate var failure: String? {
        if case .failed(let outcome) = self { outcome.message } else { nil }
    }
}
