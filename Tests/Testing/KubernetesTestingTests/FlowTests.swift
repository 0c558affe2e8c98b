import Testing

@testable import KubernetesTesting

@Suite("Flow")
struct FlowTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let flow: Flow
        let held: Int
        let passed: Int
        let isOpen: Bool
        let step: Flow.Step

        init(_ flow: Flow, held: Int, passed: Int = 0, isOpen: Bool = true, _ step: Flow.Step) {
            self.flow = flow
            self.held = held
            self.passed = passed
            self.isOpen = isOpen
            self.step = step
        }

        var testDescription: String { "\(held) held, \(passed) passed → \(step)" }
    }

    @Test(
        "decides by the table",
        arguments: [
            Row(Flow(), held: 0, .read), Row(Flow(), held: 7, .pass(7, after: .zero)),
            Row(Flow(), held: 0, isOpen: false, .finish),
            Row(Flow(delay: .seconds(2)), held: 7, .pass(7, after: .seconds(2))),
            Row(Flow(pieceSize: 3), held: 7, .pass(3, after: .zero)),
            Row(Flow(pieceSize: 0), held: 7, .pass(1, after: .zero)),
            Row(Flow(bytesPerSecond: 100), held: 70, .pass(10, after: .milliseconds(100))),
            Row(Flow(bytesPerSecond: 1), held: 70, .pass(1, after: .seconds(1))),
            Row(Flow(buffer: 8), held: 7, .read), Row(Flow(buffer: 8), held: 9, .pass(8, after: .zero)),
            Row(Flow(buffer: 8), held: 7, isOpen: false, .pass(7, after: .zero)),
            Row(Flow(limit: 10), held: 7, passed: 5, .pass(5, after: .zero)),
            Row(Flow(limit: 10, ending: .reset), held: 0, passed: 10, .end(.reset)),
            Row(Flow(limit: 0), held: 0, .end(.close)),
        ])
    func table(row: Row) {
        #expect(row.flow.step(held: row.held, passed: row.passed, isOpen: row.isOpen) == row.step)
    }
}
