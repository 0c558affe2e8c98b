package import KubernetesModel

/// How objects of Vault say by themselves that they were made for a binding, where the ledger does not say whose they are: it
/// may have been lost. That somebody made an object which is just as the binding wants it says nothing of the kind.
package struct OwnWork: Equatable, Sendable {
    /// How the names begin that belong to the binding's namespace and are given to nobody else (`lanyard.production.shop.`);
    /// empty where no name says anything.
    let namePrefix: String
    /// What the first line of the binding's policy says of its owner.
    let mark: String

    /// Whether an object is the binding's own work.
    ///
    /// - Parameters:
    ///   - path: where it is.
    ///   - data: what a read gave.
    ///   - isDisputed: whether another binding of the namespace names it as well: then its name says nothing (rule own-30).
    package func covers(_ path: String, _ data: JSONValue, isDisputed: Bool = false) -> Bool {
        guard let kind = VaultObjectKind(path: path) else { return false }
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        if !isDisputed, !namePrefix.isEmpty, name.utf8.starts(with: namePrefix.utf8) { return true }
        guard kind == .policy, let text = data["policy"]?.string else { return false }
        let line = text.prefix { $0 != "\n" && $0 != "\r\n" }
        // What comes after the owner may be worded otherwise by another version.
        return line.utf8.elementsEqual("# \(mark)".utf8) || line.utf8.starts(with: "# \(mark). ".utf8)
    }
}
