import LanyardAPI
import LanyardCore
import Testing

@Suite("What is odd about annotations, words and paths")
struct AnnotationCheckTests {
    @Test("an annotation of ours that is misspelt, or has a value without effect, is told; others are left alone")
    func annotations() {
        #expect(AnnotationCheck.oddities(in: nil) == [])
        #expect(
            AnnotationCheck.oddities(in: [
                "lanyard.dev/paused": "true", "lanyard.dev/adopt": "false", "example.org/paused": "yes",
            ]) == [])
        #expect(
            AnnotationCheck.oddities(in: [
                "lanyard.dev/paused": "yes", "lanyard.dev/pausd": "true", "lanyard.dev/unlike-all-others": "x",
            ]) == [
                "\"lanyard.dev/pausd\" is no annotation of Lanyard; did you mean lanyard.dev/paused?",
                "lanyard.dev/paused has an effect only as \"true\", and is \"yes\"",
                "\"lanyard.dev/unlike-all-others\" is no annotation of Lanyard",
            ])
    }

    @Test("the nearest known word is suggested, and none that is far away")
    func spelling() {
        let kinds = ["WorkloadIdentity", "VaultRoleBinding"]
        #expect(Spelling.nearest(to: "WorkloadIdentityy", among: kinds) == "WorkloadIdentity")
        #expect(Spelling.nearest(to: "vaultrolebindings", among: kinds) == "VaultRoleBinding")
        #expect(Spelling.nearest(to: "ConfigMap", among: kinds) == nil)
        #expect(Spelling.nearest(to: "WorkloadIdent", among: kinds, within: 2) == nil)
    }

    @Test(
        "a path of kv that is written as in a policy is told",
        arguments: [
            ("data/payments/x", true), ("metadata/x", true), ("secret/data/x", true), ("secret/x", true),
            ("payments/x", false),
            ("data", false), ("database/x", false),
        ])
    func kvPaths(path: String, isOdd: Bool) {
        let mounts = MountNames()
        #expect((KVPathHint.text(for: KVAccess(path: path, permissions: ["Read"]), mounts: mounts) != nil) == isOdd)
        #expect(KVPathHint.text(for: KVAccess(path: path, permissions: ["Read"], version: 1), mounts: mounts) == nil)
    }
}
