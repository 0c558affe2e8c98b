import KubernetesModel
import Testing

@Suite("Monitor")
struct MonitorTests {
    @Test("a waiting task is resumed by the change that makes its condition true")
    func resumes() async throws {
        let monitor = Monitor(0)
        async let value = monitor.wait { $0 >= 2 ? $0 : nil }
        monitor.update { $0 = 1 }
        monitor.update { $0 = 2 }
        #expect(try await value == 2)
    }

    @Test("a condition that takes something is served to one waiter only, in the order of arrival")
    func handsOutOnce() async throws {
        let monitor = Monitor<[Int]>([])
        let taken = Monitor<[Int]>([])
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    let value = try await monitor.wait { $0.isEmpty ? nil : $0.removeFirst() }
                    taken.update { $0.append(value) }
                }
            }
            for value in 0..<20 { monitor.update { $0.append(value) } }
            try await group.waitForAll()
        }
        #expect(taken.read { $0.sorted() } == Array(0..<20))
        #expect(monitor.read { $0.isEmpty })
    }

    @Test("cancellation ends a wait, before and after it began, and takes nothing")
    func cancels() async {
        let monitor = Monitor<[Int]>([])
        for delay in [0, 5] {
            await withTaskGroup { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) {
                        try await monitor.wait { $0.isEmpty ? nil : $0.removeFirst() }
                    }
                }
                for _ in 0..<delay { await Task.yield() }
                group.cancelAll()
            }
        }
        monitor.update { $0.append(1) }
        #expect(monitor.read { $0 } == [1])
    }
}
