package import KubernetesModel

/// A policy as it is kept in Vault: the rules, and a comment that says whose they are.
package struct VaultPolicy: VaultObject {
    /// What it grants.
    package var document: PolicyDocument
    /// The first line of the text, without `#`.
    package var comment: String

    /// Names the owner in the comment, so that the text says whose it is.
    package init(document: PolicyDocument, comment: String) {
        self.document = document
        self.comment = comment
    }

    /// The text in the one form that Lanyard writes.
    package var text: String { document.hcl(comment: comment) }

    /// The body of a write.
    package var body: JSONValue { ["policy": .string(text)] }

    /// In what a policy differs from this one, sorted; empty means that no write is needed. A text that differs in
    /// form only (comments, order, blanks) does not differ.
    ///
    /// OpenBao's `expiration` and `allow_…_in_identity_templates` must be unset; a write without them clears them.
    ///
    /// - Parameter actual: the `data` of a read.
    package func differences(from actual: JSONValue) -> [FieldDifference] {
        var comparison = FieldComparison(of: actual)
        comparison.unset([
            "expiration", "allow_slashes_in_identity_templates", "allow_wildcards_in_identity_templates",
        ])
        return (comparison.differences + textDifferences(from: actual["policy"])).sorted()
    }

    private func textDifferences(from actual: JSONValue?) -> [FieldDifference] {
        guard let actual = actual?.string else {
            return [FieldDifference(field: "policy", summary: "has no text")]
        }
        if actual.hasSameBytes(as: text) { return [] }
        do {
            return document.differences(from: try PolicyDocument(parsing: actual))
        } catch {
            return [FieldDifference(field: "policy", summary: "cannot be read as a policy of ours (\(error))")]
        }
    }
}
