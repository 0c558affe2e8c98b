import ArgumentParser
import FoundationEssentials
import KubernetesModel
import LanyardCore
import TestSupport
import Testing

@testable import LanyardCommands

@Suite("Report of lanyard doctor")
struct DoctorReportTests {
    private static let findings: [DoctorFinding] = [
        .init(.kubernetes, "API server", .ok, "Kubernetes v1.31.0"),
        .init(.vault, "excess", .problem, "policy a grants [sudo] on \"x\\u{1B}[2J\"", remedy: "take it away"),
        .init(.vault, "excess", .problem, "policy b grants [read] on \"y\"", remedy: "take it away"),
        .init(.vault, "policy text", .note, "cannot be read"),
    ]

    @Test("the table says what is to be done once, and how much there is to fix")
    func table() throws {
        let text = try DoctorReport(findings: Self.findings).text(.table)
        #expect(
            text == """
                ok       kubernetes  API server: Kubernetes v1.31.0
                PROBLEM  vault       excess: policy a grants [sudo] on "x\\u{1B}[2J"
                PROBLEM  vault       excess: policy b grants [read] on "y"
                                     to do: take it away
                note     vault       policy text: cannot be read
                2 to be fixed
                """)
        #expect(try DoctorReport(findings: [Self.findings[0]]).text(.table).hasSuffix("\nnothing is to be fixed"))
    }

    @Test("on a terminal the labels have colours, and what others wrote still has none of its own")
    func colours() throws {
        let terminal = Terminal(showsColours: true, progress: nil)
        let lines = try DoctorReport(findings: Self.findings).text(.table, on: terminal).split(separator: "\n")
        #expect(lines[0] == "\u{1B}[32mok     \u{1B}[0m  kubernetes  API server: Kubernetes v1.31.0")
        #expect(lines[1].hasPrefix("\u{1B}[31mPROBLEM\u{1B}[0m  vault ") && lines[1].hasSuffix("\"x\\u{1B}[2J\""))
        #expect(lines[3].hasPrefix("    ") && lines[4].hasPrefix("\u{1B}[33mnote   \u{1B}[0m  vault"))
        #expect(try DoctorReport(findings: Self.findings).text(.json, on: terminal).contains("\u{1B}") == false)
    }

    @Test("of many findings of one kind the table tells the first, and JSON all")
    func grouped() throws {
        func findings(_ count: Int) -> [DoctorFinding] {
            (0..<count).map { .init(.vault, "capabilities", .problem, "lacks [read] on p\($0)", remedy: "write it") }
                + [.init(.vault, "excess", .problem, "grants [sudo]", remedy: "write it")]
        }
        let five = try DoctorReport(findings: findings(5)).text(.table).split(separator: "\n")
        #expect(five.count == 5 + 1 + 1 + 1)
        let many = try DoctorReport(findings: findings(72)).text(.table).split(separator: "\n").map(String.init)
        #expect(many.count == 4 + 1 + 1 + 1 + 1)
        #expect(many[4].hasSuffix("and 68 more of the kind (-o yaml lists all)"))
        #expect(many.count { $0.contains("to do: write it") } == 1)
        #expect(many.last == "73 to be fixed")
        let json = try DoctorReport(findings: findings(72)).text(.json)
        #expect(try JSON.decode(JSONValue.self, from: Data(json.utf8))["findings"]?.array?.count == 73)
    }

    @Test("so it does of notes, with what may be done, and none of them is to be fixed")
    func notes() throws {
        let notes = (0..<72).map {
            DoctorFinding(.vault, "leftover", .note, "sys/policies/acl/p\($0)", remedy: "look at it")
        }
        let lines = try DoctorReport(findings: notes).text(.table).split(separator: "\n").map(String.init)
        #expect(lines.count == 4 + 1 + 1 + 1)
        #expect(lines[4].hasSuffix("and 68 more of the kind (-o yaml lists all)"))
        #expect(lines[5].hasSuffix("to do: look at it"))
        #expect(lines.last == "nothing is to be fixed")
    }

    @Test("JSON and YAML say the same")
    func formats() throws {
        let json = try DoctorReport(findings: Self.findings).text(.json)
        let decoded = try JSON.decode(JSONValue.self, from: Data(json.utf8))
        #expect(decoded["problems"] == 2)
        #expect(decoded["findings"]?.array?.count == 4)
        #expect(decoded["findings"]?.array?[1]["remedy"] == "take it away")
        #expect(try DoctorReport(findings: Self.findings).text(.yaml).contains("problems: 2"))
    }

    @Test("a wrong configuration ends with 2 and says what it is")
    func unreadable() async throws {
        func run(_ arguments: [String]) async throws -> (text: String, failure: ValidateCommand.Failure) {
            let command = try #require(Lanyard.parseAsRoot(["doctor"] + arguments) as? DoctorCommand)
            return await command.diagnose(environment: .system)
        }
        let file = try await run(["--config", "/nowhere"])
        #expect(file.failure == .unreadable && file.text.contains("/nowhere: cannot be read"))
    }

    /// What the roles of `manifests/base` grant is what the doctor asks for, permission by permission.
    @Test("the doctor asks for exactly the permissions that the manifests grant")
    func permissions() throws {
        var granted: [String] = []
        for (file, isOwn) in [("cluster-role", false), ("role", true)] {
            let path = Checkout.path("manifests/base/\(file).yaml")
            for document in try ManifestFiles().documents(at: [path]).flatMap(\.objects) {
                for rule in document.value["rules"]?.array ?? [] {
                    func texts(_ key: String) -> [String] { (rule[key]?.array ?? []).compactMap(\.string) }
                    let names = texts("resourceNames").isEmpty ? [""] : texts("resourceNames")
                    for group in texts("apiGroups") {
                        for resource in texts("resources") {
                            for name in names {
                                granted += texts("verbs").map { "\(group) \(resource) \(name) \($0) \(isOwn)" }
                            }
                        }
                    }
                }
            }
        }
        let asked = OperatorPermission.all.map { permission in
            let resource = permission.resource + (permission.subresource.map { "/\($0)" } ?? "")
            return "\(permission.group) \(resource) \(permission.name ?? "") \(permission.verb) "
                + "\(permission.isOwnNamespace)"
        }
        #expect(granted.count > 25)
        #expect(granted.sorted() == asked.sorted())
    }
}
