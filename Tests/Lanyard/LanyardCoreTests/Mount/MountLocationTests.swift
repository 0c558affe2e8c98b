import LanyardCore
import Testing

@Suite("MountLocation")
struct MountLocationTests {
    @Test(
        "is told by the path of its claim, and by no other path",
        arguments: [
            ("sys/auth/kubernetes", "auth/kubernetes"), ("sys/mounts/team/pki", "team/pki"), ("sys/auth/", nil),
            ("sys/mounts", nil), ("sys/mounts/", nil), ("sys/mounts/a//b", nil), ("sys/mounts/../auth/a", nil),
            ("sys/mounts/a/tune", nil), ("sys/mounts/auth/a", nil), ("sys/mounts/sys", nil), ("sys/auth/token", nil),
            ("sys/policies/acl/a", nil), ("auth/kubernetes/role/a", nil), ("pki/roles/a", nil), ("", nil),
        ] as [(String, String?)])
    func claim(path: String, mountPath: String?) {
        let location = MountLocation(claimPath: path)
        #expect(location?.mountPath == mountPath)
        if let location { #expect(location.claimPath == path) }
    }

    @Test("auth methods are tuned where no sudo is needed")
    func tune() {
        #expect(MountLocation(path: "jwt", isAuthMethod: true).tunePath == "sys/mounts/auth/jwt/tune")
        #expect(MountLocation(path: "a/b", isAuthMethod: false).tunePath == "sys/mounts/a/b/tune")
    }

    @Test(
        "refuses what a server could take for something else",
        arguments: [
            "", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.", "sys", "SYS/a", "auth/a", "identity", "cubbyhole",
            "a b",
            "a%2fb", "a\u{0}", "ä", "*", "+", "{{a}}", "${a}", "a/tune", "a/TUNE", "tune",
            String(repeating: "a", count: 257),
        ])
    func refused(path: String) {
        #expect(MountLocation.violation(in: path, isAuthMethod: false) != nil)
    }

    @Test("refuses the method of tokens among auth methods", arguments: ["token", "TOKEN", "token/a"])
    func token(path: String) {
        #expect(MountLocation.violation(in: path, isAuthMethod: true) != nil)
        #expect(MountLocation.violation(in: "kubernetes", isAuthMethod: true) == nil)
    }
}
