import FoundationEssentials
import KubernetesModel
import Testing

@Suite("WatchEvent")
struct WatchEventTests {
    private func decode(_ text: String) throws -> WatchEvent<Widget> {
        try WatchEvent(reading: Data(text.utf8))
    }

    private func event(_ type: String, spec: String, version: String = "5") -> String {
        #"{"type":"\#(type)","object":{"apiVersion":"testing.lanyard.dev/v1","kind":"Widget","metadata":"#
            + #"{"name":"a","namespace":"n","uid":"u","resourceVersion":"\#(version)","managedFields":[{"x":1}]},"spec":\#(spec)}}"#
    }

    private let meta = ObjectMeta(name: "a", namespace: "n", uid: "u", resourceVersion: ResourceVersion("5"))

    @Test("decodes the three kinds of changes")
    func changes() throws {
        let widget = Widget(metadata: meta, spec: .init(size: 1))
        #expect(try decode(event("ADDED", spec: #"{"size":1}"#)) == .added(widget))
        #expect(try decode(event("MODIFIED", spec: #"{"size":1}"#)) == .modified(widget))
        #expect(try decode(event("DELETED", spec: #"{"size":1}"#)) == .deleted(widget))
    }

    @Test(
        "takes null and absent lists as absent",
        arguments: [#"{"size":1}"#, #"{"size":1,"tags":null,"shape":null}"#])
    func nullLists(spec: String) throws {
        #expect(try decode(event("ADDED", spec: spec)) == .added(Widget(metadata: meta, spec: .init(size: 1))))
    }

    @Test("keeps unknown enumeration values")
    func unknownEnum() throws {
        let widget = Widget(metadata: meta, spec: .init(size: 1, shape: .unknown("square")))
        #expect(try decode(event("ADDED", spec: #"{"size":1,"shape":"square"}"#)) == .added(widget))
    }

    @Test(
        "sets an object apart that does not fit, and says where",
        arguments: [
            (#"{"size":"large"}"#, "spec.size has the wrong type"), (#"{}"#, "spec.size is missing"),
            (#"{"size":1,"tags":["a",2]}"#, "spec.tags[1] has the wrong type"), (#"null"#, "spec is null"),
        ])
    func errorBoundary(spec: String, reason: String) throws {
        let expected = WatchEvent<Widget>.undecodable(
            UndecodableObject(
                key: ObjectKey(namespace: "n", name: "a"), uid: "u", resourceVersion: ResourceVersion("5"),
                reason: reason))
        #expect(try decode(event("ADDED", spec: spec)) == expected)
        #expect(try decode(event("MODIFIED", spec: spec)) == expected)
    }

    @Test("knows that an object is gone even if it does not fit")
    func undecodableDeletion() throws {
        #expect(
            try decode(event("DELETED", spec: #"{"size":"large"}"#))
                == .deletedUndecodable(
                    key: ObjectKey(namespace: "n", name: "a"), resourceVersion: ResourceVersion("5")))
    }

    @Test("does not repeat values of an object that does not fit")
    func noValuesInReasons() throws {
        let event = try decode(event("ADDED", spec: #"{"size":"s3cr3t"}"#))
        guard case .undecodable(let object) = event else {
            Issue.record("decoded as \(event)")
            return
        }
        #expect(!object.reason.contains("s3cr3t"))
    }

    @Test("decodes bookmarks that have nothing but a version")
    func bookmark() throws {
        let plain =
            #"{"type":"BOOKMARK","object":{"kind":"Widget","metadata":{"resourceVersion":"9","creationTimestamp":null},"spec":null}}"#
        #expect(try decode(plain) == .bookmark(WatchBookmark(resourceVersion: ResourceVersion("9"))))
        let last =
            #"{"object":{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}},"type":"BOOKMARK"}"#
        #expect(
            try decode(last)
                == .bookmark(WatchBookmark(resourceVersion: ResourceVersion("9"), endsInitialEvents: true)))
    }

    @Test("decodes an error as the Status that it is")
    func error() throws {
        let text =
            #"{"type":"ERROR","object":{"kind":"Status","metadata":{},"status":"Failure","code":410,"reason":"Expired","message":"old"}}"#
        #expect(
            try decode(text) == .error(APIStatus(status: "Failure", code: 410, reason: "Expired", message: "old")))
    }

    @Test(
        "refuses lines that are no events",
        arguments: [
            "", "{", "[]", "{}", #"{"type":"ADDED"}"#, #"{"type":"SURPRISE","object":{}}"#,
            #"{"type":"ADDED","object":{"metadata":{}}}"#, #"{"type":"ADDED","object":null}"#,
            #"{"type":"BOOKMARK","object":{"metadata":{}}}"#,
        ])
    func refuse(text: String) {
        #expect(throws: DecodingError.self) { try decode(text) }
    }
}
