import FoundationEssentials
import KubernetesModel
import Testing

@Suite("What is read of an object")
struct ObjectProjectionTests {
    /// A kind that tenants write, with small limits.
    struct Leaf: KubernetesResource {
        static let descriptor = ResourceDescriptor(
            group: "testing.lanyard.dev", version: "v1", kind: "Leaf", plural: "leaves", isNamespaced: true)
        static let projection = ObjectProjection(
            annotations: .beginning(with: "ours/"), hasLabels: false, hasOwners: false,
            limits: .init(spec: 256, status: 64, finalizers: 128), namespaceLimit: 16 * 1024)

        var metadata: ObjectMeta
        var spec: Spec
        var status: Status?

        struct Spec: Codable, Equatable, Sendable {
            var policy: String?
            var lines: [String]?
        }

        struct Status: Codable, Equatable, Sendable {
            var seen: Int?
            var notes: [String]?
        }
    }

    private func text(metadata: String = "", spec: String = "{}", status: String? = nil) -> String {
        let status = status.map { #","status":\#($0)"# } ?? ""
        return
            #"{"kind":"Leaf","metadata":{"name":"a","namespace":"n","uid":"u"\#(metadata)},"spec":\#(spec)\#(status)}"#
    }

    private func read(_ text: String) throws -> Leaf { try Leaf(reading: Data(text.utf8)) }

    private static let long = String(repeating: "x", count: 600)

    @Test("nobody else's annotations, labels, owners or managed fields are kept")
    func metadata() throws {
        let leaf = try read(
            text(
                metadata: #","managedFields":[{"fieldsV1":{"f:a":{"k:{\"x\":1}":{}}}}],"labels":{"a":"b"},"#
                    + #""annotations":{"theirs/big":"\#(Self.long)","ours/adopt":"true","ours":"no"},"#
                    + #""ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"q"}],"finalizers":["f/x"]"#
            ))
        #expect(
            leaf.metadata
                == ObjectMeta(
                    name: "a", namespace: "n", uid: "u", annotations: ["ours/adopt": "true"], finalizers: ["f/x"]))
        let many = (0..<600).map { #""ours/\#(1000 + $0)":"true""# }.joined(separator: ",")
        #expect(try read(text(metadata: #","annotations":{\#(many)}"#)).metadata.annotations?.count ?? 0 < 400)
        let large = #","annotations":{"ours/adopt":"\#(String(repeating: "x", count: 2_000))"}"#
        #expect(try read(text(metadata: large)).metadata.annotations == [:])
        #expect(try read(text(metadata: #","annotations":null"#)).metadata.annotations == nil)
    }

    @Test("of a part that is too large only short members are kept, and it is said")
    func largeParts() throws {
        let small = try read(text(spec: #"{"policy":"p","lines":["a"]}"#, status: #"{"seen":1,"notes":["n"]}"#))
        #expect(small.spec == .init(policy: "p", lines: ["a"]))
        #expect(small.status == .init(seen: 1, notes: ["n"]))
        #expect(small.metadata.leftOut.isEmpty)
        let large = try read(
            text(
                spec: #"{"lines":["\#(Self.long)"],"policy":"p"}"#, status: #"{"notes":["\#(Self.long)"], "seen" : 2 }"#
            ))
        #expect(large.spec == .init(policy: "p"))
        #expect(large.status == .init(seen: 2))
        #expect(large.metadata.leftOut == [.spec, .status])
        let scalar = try read(text(spec: #"{"lines":["\#(Self.long)"],"policy":"\#(Self.long)\#(Self.long)"}"#))
        #expect(scalar.spec == .init())
        let finalizers = try read(text(metadata: #","finalizers":["\#(Self.long)"]"#))
        #expect(finalizers.metadata.finalizers == nil)
        #expect(finalizers.metadata.leftOut == [.finalizers])
        // What was left out makes another object of it.
        #expect(
            large
                != Leaf(
                    metadata: ObjectMeta(name: "a", namespace: "n", uid: "u"), spec: large.spec, status: large.status))
    }

    @Test("what the namespace has no room for is read in part; small objects always have room")
    func shares() throws {
        let lines = (0..<100).map { _ in #""\#(String(repeating: "y", count: 60))""# }.joined(separator: ",")
        struct Free: KubernetesResource {
            static let descriptor = Leaf.descriptor
            static let projection = ObjectProjection(
                annotations: .none, hasLabels: false, hasOwners: false, limits: .init(spec: .max, status: .max))
            var metadata: ObjectMeta
            var spec: Leaf.Spec
        }
        var asked: [(ObjectKey, ObjectSize)] = []
        func read(_ text: String, admits: Bool) throws -> DecodedObject<Free> {
            try DecodedObject(reading: Data(text.utf8)) { key, size in
                asked.append((key, size))
                return admits
            }
        }
        let large = text(spec: #"{"policy":"p","lines":[\#(lines)]}"#)
        guard case .object(let whole) = try read(large, admits: true),
            case .object(let part) = try read(large, admits: false)
        else {
            Issue.record("not read")
            return
        }
        #expect(whole.spec.lines?.count == 100 && whole.metadata.leftOut.isEmpty)
        #expect(part.spec == .init(policy: "p") && part.metadata.leftOut == [.namespaceShare])
        #expect(asked.map(\.0) == [ObjectKey(namespace: "n", name: "a"), ObjectKey(namespace: "n", name: "a")])
        #expect(asked.allSatisfy { $0.1.held > 6_000 && $0.1.sent >= $0.1.held })
        asked = []
        _ = try read(text(spec: #"{"policy":"p"}"#), admits: false)
        // It may have been large before, and takes no share any more.
        #expect(asked.map(\.0) == [ObjectKey(namespace: "n", name: "a")] && asked.map(\.1.held) == [0])
    }

    @Test(
        "what is no object is refused, and strings are not looked into",
        arguments: [
            (#"{"metadata":{"name":"a"},"spec":{"policy":"}{][\",:\\"}}"#, true),
            (" {\n\"metadata\" : { \"name\" : \"a\" } ,\t\"spec\":{ } } ", true),
            (#"{"metadata":{"name":"a"},"spec":{}} x"#, false), (#"{"metadata":{"name":"a"},"spec":{}"#, false),
            (#"{"metadata":{"name":"a","spec":{}}}"#, false), ("[]", false), ("null", false), ("", false),
            (#"{"metadata":{"name":"a"},,"spec":{}}"#, false), (#"{"metadata":{"name":"a"}"spec":{}}"#, false),
            (#"{"metadata":{"name":"a\"#, false), (#"{"metadata":{"name":"a"},"spec":]}"#, false),
        ])
    func syntax(text: String, isObject: Bool) {
        let leaf = try? read(text)
        #expect((leaf != nil) == isObject)
        if text.contains("][") { #expect(leaf?.spec.policy == #"}{][",:\"#) }
    }
}
