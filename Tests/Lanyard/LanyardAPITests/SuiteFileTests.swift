import Testing

@Suite("Files of tests")
struct SuiteFileTests {
    @Test("have one suite, and are named after it")
    func names() throws {
        let suites = try SourceIndex(of: "Tests").suites
        #expect(suites["Tests/Lanyard/LanyardAPITests/SuiteFileTests.swift"] == ["SuiteFileTests"])
        for (file, suites) in suites {
            let name = file.split(separator: "/").last?.dropLast(".swift".count) ?? ""
            #expect(suites == [String(name)], "\(file)")
        }
    }
}
