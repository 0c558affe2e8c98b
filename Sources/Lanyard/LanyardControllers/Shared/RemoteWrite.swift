import KubernetesModel
import LanyardCore
import Logging

/// What was done to one object of SPIRE or Vault, for the log.
struct RemoteWrite {
    enum Act: String {
        case created, updated, recreated, adopted, claimed, deleted
    }

    enum Target {
        case vault(path: String)
        case entry(id: String)
    }

    let act: Act
    let target: Target
    /// Names of the fields that were changed; none where the whole object was.
    var fields: [String] = []
    /// How they differed from what was wanted; never a secret, never the text of a statement.
    var summary = ""
    /// Whether that undid what somebody else had done.
    var isDrift = false

    /// A change of an object of Vault.
    init(_ act: Act, vault path: String, _ differences: [FieldDifference] = [], isDrift: Bool = false) {
        self.act = act
        target = .vault(path: path)
        fields = differences.sorted().map(\.field)
        summary = FieldDifference.summary(differences)
        self.isDrift = isDrift
    }

    /// A change of a registration entry.
    init(_ act: Act, entry id: String, fields: [String] = [], summary: String = "", isDrift: Bool = false) {
        self.act = act
        target = .entry(id: id)
        self.fields = fields
        self.summary = summary
        self.isDrift = isDrift
    }
}

extension RemoteWrite {
    /// The most fields that a line names.
    private static var limit: Int { 20 }

    /// Writes the one line that tells of it.
    ///
    /// - Parameters:
    ///   - kind: of the object that it was done for.
    ///   - key: which one.
    func log(to logger: Logger, kind: String, key: ObjectKey) {
        var metadata: Logger.Metadata = [
            "object.kind": "\(kind)", "object.key": "\(key)", "change": "\(act.rawValue)",
        ]
        switch target {
        case .vault(let path): metadata["vault.path"] = "\(path)"
        case .entry(let id): metadata["entry.id"] = "\(id)"
        }
        if !fields.isEmpty { metadata["fields"] = .array(fields.prefix(Self.limit).map { "\($0)" }) }
        if !summary.isEmpty { metadata["differences"] = "\(summary)" }
        if isDrift {
            logger.warning("drift corrected", metadata: metadata)
        } else {
            logger.info("written", metadata: metadata)
        }
    }
}
