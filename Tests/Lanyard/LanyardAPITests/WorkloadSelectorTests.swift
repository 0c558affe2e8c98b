import LanyardAPI
import Testing

@Suite("WorkloadSelector")
struct WorkloadSelectorTests {
    @Test(
        "splits at the first colon and is written as it was read",
        arguments: [
            ("k8s:ns:shop", "k8s", "ns:shop"), ("unix:uid:1000", "unix", "uid:1000"), ("a:b", "a", "b"),
            ("a::", "a", ":"),
        ])
    func valid(text: String, type: String, value: String) throws {
        let selector = try #require(WorkloadSelector(text))
        #expect(selector.type == type)
        #expect(selector.value == value)
        #expect(selector.description == text)
        #expect(WorkloadSelector(type: type, value: value) == selector)
    }

    @Test("needs a type and a value", arguments: ["", ":", "k8s", "k8s:", ":ns:shop"])
    func invalid(text: String) {
        #expect(WorkloadSelector(text) == nil)
    }

    @Test("has no colon in its type, since it could not be read back")
    func colonInType() {
        #expect(WorkloadSelector(type: "k8s:ns", value: "shop") == nil)
    }

    @Test("is ordered by type, then value")
    func order() {
        let selectors = ["unix:a", "k8s:b", "k8s:a"].compactMap { WorkloadSelector($0) }
        #expect(selectors.sorted().map(\.description) == ["k8s:a", "k8s:b", "unix:a"])
    }
}
