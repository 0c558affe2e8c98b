import FoundationEssentials
import KubernetesModel
import LanyardAPI

/// An object as `StandInServer` has it: pieces of text that only have to be put together. To parse and to encode objects here
/// would cost as much as what is measured.
struct ServedObject: Sendable {
    /// What paths call its kind.
    let plural: String
    /// Up to the brace that opens the metadata.
    private let head: Data
    /// What never changes of the metadata.
    private let fixed: Data
    private var spec: Data
    private var status: Data?
    private var hasFinalizer = false
    /// The server's version of it.
    var version = 0

    /// An object without version, finalizers and status.
    ///
    /// - Throws: `EncodingError` never in practice.
    init<Object: KubernetesResource>(_ object: Object) throws {
        let descriptor = Object.descriptor
        let tree = try JSONValue(encoding: object)
        var metadata = tree["metadata"] ?? [:]
        metadata["managedFields"] = Workload.managedFields
        plural = descriptor.plural
        head = Data(#"{"apiVersion":"\#(descriptor.apiVersion)","kind":"\#(descriptor.kind)","metadata":{"#.utf8)
        fixed = try JSON.encode(metadata).dropFirst().dropLast()
        spec = try JSON.encode(tree["spec"] ?? [:])
    }

    /// What the body of a POST is to become. Members come in the order of their names, and metadata has no object within.
    init?(posted body: Data, plural: String) {
        guard let open = body.dropFirst().firstIndex(of: UInt8(ascii: "{")),
            let close = body.firstIndex(of: UInt8(ascii: "}")), open < close,
            let spec = Self.member("spec", behindMetadataOf: body)
        else { return nil }
        self.plural = plural
        head = Data(body[...open])
        fixed = body[(open + 1)..<close] + Data(#","uid":"6f3c1b52-8a4e-4f0e-9c11-00000000ffff""#.utf8)
        self.spec = spec
    }

    /// The name of one that was posted, which is the first of its metadata.
    var name: String {
        let text = fixed.dropFirst(#""name":""#.utf8.count).prefix { $0 != UInt8(ascii: "\"") }
        return String(decoding: text, as: UTF8.self)
    }

    // MARK: Writes

    /// Notes the finalizer.
    mutating func hold() { hasFinalizer = true }

    /// Takes the status of a merge patch.
    mutating func setStatus(of body: Data) { status = Self.member("status", behindMetadataOf: body) }

    /// Takes the spec of a whole object.
    mutating func setSpec(of body: Data) { spec = Self.member("spec", behindMetadataOf: body) ?? spec }

    /// The last member of a body that has one behind its metadata.
    private static func member(_ name: String, behindMetadataOf body: Data) -> Data? {
        guard let close = body.firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let start = close + #"},"":"#.utf8.count + name.utf8.count
        guard start < body.endIndex else { return nil }
        return Data(body[start..<(body.endIndex - 1)])
    }

    // MARK: Answers

    /// All of it.
    var whole: Data {
        var text = head
        text.reserveCapacity(head.count + fixed.count + spec.count + (status?.count ?? 0) + 128)
        appendMetadata(to: &text)
        text.append(contentsOf: #","spec":"#.utf8)
        text.append(spec)
        if let status {
            text.append(contentsOf: #","status":"#.utf8)
            text.append(status)
        }
        text.append(UInt8(ascii: "}"))
        return text
    }

    /// Its metadata, as `PartialObjectMetadata`.
    var metadata: Data {
        var text = Data(#"{"apiVersion":"meta.k8s.io/v1","kind":"PartialObjectMetadata","metadata":{"#.utf8)
        appendMetadata(to: &text)
        text.append(UInt8(ascii: "}"))
        return text
    }

    private func appendMetadata(to text: inout Data) {
        text.append(fixed)
        if hasFinalizer { text.append(contentsOf: #","finalizers":["\#(LanyardGroup.cleanupFinalizer)"]"#.utf8) }
        text.append(contentsOf: #","resourceVersion":"\#(version)"}"#.utf8)
    }
}
