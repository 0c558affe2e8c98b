// Targets of libFuzzer, compiled into one module with the sources of KubernetesModel by hack/fuzz. They are not part of
// the package: its build knows no fuzzing.
import FoundationEssentials

/// A kind with everything that decoders have to deal with.
struct FuzzedWidget: KubernetesResource {
    static let descriptor = ResourceDescriptor(
        group: "fuzz.example", version: "v1", kind: "Widget", plural: "widgets", isNamespaced: true)
    /// With limits that inputs reach.
    static let projection = ObjectProjection(
        annotations: .beginning(with: "fuzz.example/"), hasLabels: true, hasOwners: true,
        limits: .init(spec: 256, status: 256, labels: 64, finalizers: 64))

    var metadata: ObjectMeta
    var spec: Spec

    struct Spec: Codable, Equatable, Sendable {
        var size: Int
        var tags: [String]?
        var conditions: [Condition]?
    }
}

/// The target that this process runs, by the name of its environment variable's value.
private let target: @Sendable (Data) -> Void = {
    switch ProcessInfo.processInfo.environment["FUZZ_TARGET"] {
    case "watch": watchEvent
    case "list": list
    case "status": status
    case "tree": tree
    case "text": text
    case let name: fatalError("unknown target \(name ?? "none")")
    }
}()

/// What libFuzzer calls with every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target(Data(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

@Sendable private func watchEvent(_ data: Data) {
    guard let event = try? WatchEvent<FuzzedWidget>(reading: data) else { return }
    precondition(event == event && !"\(event)".isEmpty)
}

@Sendable private func list(_ data: Data) {
    let whole = objects(in: [data])
    let middle = data.startIndex + data.count / 2
    precondition(objects(in: [data[..<middle], data[middle...]]) == whole, "a list in pieces is another one")
    for object in whole?.items ?? [] { _ = try? DecodedObject<FuzzedWidget>(reading: object) }
}

/// The texts of a list's objects, as it arrives; nil when it is none.
private func objects(in chunks: [Data]) -> ObjectList<Data>? {
    var splitter = ListSplitter()
    var objects: [Data] = []
    do {
        for chunk in chunks { objects += try splitter.take(chunk) }
        return ObjectList(metadata: try splitter.finish(), items: objects)
    } catch {
        return nil
    }
}

@Sendable private func status(_ data: Data) {
    guard let status = try? JSON.decode(APIStatus.self, from: data), let bytes = try? JSON.encode(status) else {
        return
    }
    precondition((try? JSON.decode(APIStatus.self, from: bytes)) == status, "a status does not survive its encoding")
}

@Sendable private func tree(_ data: Data) {
    guard let tree = try? JSONValue(parsing: data), let bytes = try? JSON.encode(tree) else { return }
    precondition((try? JSONValue(parsing: bytes)) == tree, "a tree does not survive its encoding")
}

@Sendable private func text(_ data: Data) {
    let text = String(decoding: data, as: UTF8.self)
    let halves = text.split(separator: "\n", maxSplits: 1).map { ResourceVersion(String($0)) }
    if let first = halves.first, let last = halves.last, first.isAtLeast(last) == false {
        precondition(last.isAtLeast(first) == true, "two versions are both older than the other")
    }
    _ = WallTime(rfc3339: text)?.rfc3339Micro
    if let duration = KubernetesDuration.parse(text) {
        precondition(
            KubernetesDuration.parse(KubernetesDuration.format(duration)) == duration
                || duration.components.attoseconds % 1_000_000_000 != 0)
    }
}
