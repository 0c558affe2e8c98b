import KubernetesModel
import Synchronization
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

    @Test("of those in line the first speaks for all, and each gets its own, in the order of arrival")
    func line() async throws {
        let monitor = Monitor<[Int]>([])
        let asked = Monitor(0)
        let taken = Monitor<[[Int]]>([])
        try await withThrowingTaskGroup { group in
            for place in 0..<20 {
                group.addTask {
                    let value = try await monitor.waitInLine { (values: inout [Int]) -> Int? in
                        asked.update { $0 += 1 }
                        return values.isEmpty ? nil : values.removeFirst()
                    }
                    taken.update { $0.append([place, value]) }
                }
                while monitor.waitingCount <= place { await Task.yield() }
            }
            #expect(asked.read { $0 } == 20)
            monitor.update { _ in }
            #expect(asked.read { $0 } == 21)
            for value in 0..<20 { monitor.update { $0.append(value) } }
            try await group.waitForAll()
        }
        #expect(taken.read { $0.sorted { $0[0] < $1[0] } } == (0..<20).map { [$0, $0] })
        // Each is served, and whoever stands behind it then is asked once.
        #expect(asked.read { $0 } == 21 + 20 + 19)
    }

    @Test("who comes later is asked behind those who stand in line, whatever has changed beside the state")
    func newcomer() async throws {
        let monitor = Monitor([1])
        let isOpen = Mutex(false)
        let take: @Sendable (inout [Int]) -> Int? = { values in
            isOpen.withLock { $0 } && !values.isEmpty ? values.removeFirst() : nil
        }
        async let first = monitor.waitInLine(until: take)
        while monitor.waitingCount < 1 { await Task.yield() }
        isOpen.withLock { $0 = true }
        async let second = monitor.waitInLine(until: take)
        while !monitor.read({ $0.isEmpty }) { await Task.yield() }
        monitor.update { $0.append(2) }
        #expect(try await first == 1)
        #expect(try await second == 2)
    }

    @Test("who leaves the line is in nobody's way")
    func leaving() async throws {
        let monitor = Monitor<[Int]>([])
        try await withThrowingTaskGroup(of: Int.self) { group in
            let first = Monitor(false)
            group.addTask {
                await #expect(throws: CancellationError.self) {
                    try await withThrowingTaskGroup(of: Int.self) { inner in
                        inner.addTask { try await monitor.waitInLine { $0.isEmpty ? nil : $0.removeFirst() } }
                        inner.addTask { try await first.wait { $0 ? 0 : nil } }
                        _ = try await inner.next()
                        inner.cancelAll()
                        _ = try await inner.next()
                    }
                }
                return 0
            }
            while monitor.waitingCount < 1 { await Task.yield() }
            group.addTask { try await monitor.waitInLine { $0.isEmpty ? nil : $0.removeFirst() } }
            while monitor.waitingCount < 2 { await Task.yield() }
            first.update { $0 = true }
            while monitor.waitingCount > 1 { await Task.yield() }
            monitor.update { $0.append(7) }
            var sum = 0
            for try await value in group { sum += value }
            #expect(sum == 7)
        }
        #expect(monitor.read { $0.isEmpty } && monitor.waitingCount == 0)
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
