import KubernetesModel
import Testing

@Suite("SingleFlight", .timeLimit(.minutes(1)))
struct SingleFlightTests {
    private let flight = SingleFlight<Int>()
    private let runs = Monitor(0)
    private let gate = Monitor(false)

    private struct Failed: Error {}

    /// Asks for the number of the run, which ends when the gate opens. A run that is cancelled calls it something else.
    private func ask() async throws -> Int {
        try await flight.run {
            let number = runs.update { (count: inout Int) -> Int in
                count += 1
                return count
            }
            do {
                try await gate.wait { $0 ? () : nil }
            } catch {
                throw Failed()
            }
            return number
        }
    }

    private func waitForWaiters(_ count: Int) async {
        while flight.waitingCount != count { await Task.yield() }
    }

    @Test("one runs, and all who ask meanwhile have its result; who asks later has a new one")
    func shared() async throws {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { try await ask() } }
            await waitForWaiters(19)
            gate.update { $0 = true }
            for try await number in group { #expect(number == 1) }
        }
        #expect(try await ask() == 2)
    }

    @Test("a failure is everybody's who waited, and nobody's who asks later")
    func failure() async throws {
        await withTaskGroup { group in
            for _ in 0..<3 {
                group.addTask {
                    await #expect(throws: Failed.self) {
                        try await flight.run {
                            runs.update { $0 += 1 }
                            try await gate.wait { $0 ? () : nil }
                            throw Failed()
                        }
                    }
                }
            }
            await waitForWaiters(2)
            gate.update { $0 = true }
        }
        #expect(runs.read { $0 } == 1)
        #expect(try await ask() == 2)
    }

    @Test("who is cancelled while it waits goes, and ends nothing for the others")
    func cancelledWaiter() async throws {
        try await withThrowingTaskGroup(of: Int.self) { others in
            others.addTask { try await ask() }
            try await runs.wait { $0 == 1 ? () : nil }
            others.addTask { try await ask() }
            await waitForWaiters(1)
            await withThrowingTaskGroup(of: Int.self) { impatient in
                impatient.addTask { try await ask() }
                await waitForWaiters(2)
                impatient.cancelAll()
                await #expect(throws: CancellationError.self) { try await impatient.waitForAll() }
            }
            #expect(flight.waitingCount == 1)
            gate.update { $0 = true }
            for try await number in others { #expect(number == 1) }
        }
        #expect(runs.read { $0 } == 1)
    }

    @Test("when who runs it is cancelled one of the others runs its own, whatever the first failed with")
    func cancelledLeader() async throws {
        try await withThrowingTaskGroup(of: Int.self) { others in
            try await withThrowingTaskGroup(of: Int.self) { leader in
                leader.addTask { try await ask() }
                try await runs.wait { $0 == 1 ? () : nil }
                for _ in 0..<3 { others.addTask { try await ask() } }
                await waitForWaiters(3)
                leader.cancelAll()
                await #expect(throws: Failed.self) { try await leader.waitForAll() }
            }
            try await runs.wait { $0 == 2 ? () : nil }
            await waitForWaiters(2)
            gate.update { $0 = true }
            for try await number in others { #expect(number == 2) }
        }
        #expect(runs.read { $0 } == 2)
    }

    @Test("of many questions each has a flight of its own, and none is kept")
    func questions() async throws {
        let (flights, gate) = (SingleFlights<String, Int>(), gate)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    try await flights.run("slow") {
                        try await gate.wait { $0 ? () : nil }
                        return 1
                    }
                }
            }
            while flights.waitingCount != 1 { await Task.yield() }
            let quick = try await flights.run("quick") { 2 }
            #expect(quick == 2)
            #expect(flights.count == 1)
            gate.update { $0 = true }
            for try await answer in group { #expect(answer == 1) }
        }
        #expect(flights.count == 0)
    }
}
