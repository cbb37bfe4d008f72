import MemoryModel
import Operations
import Quantities
import Statistics

extension ProgramRunner where P: ~Copyable {
    /// Tells the profile whose statement comes.
    mutating func enter(
        _ operation: Operation, _ agent: Agent, _ statement: Statement, of program: Program
    ) {
        guard profile != nil, agent.isCore else { return }
        let place = Int(statement.annotation)
        let own = place >= 0 ? program.annotations[place] : Annotations()
        enter(operation, agent, own)
    }

    private mutating func enter(_ operation: Operation, _ agent: Agent, _ own: Annotations) {
        var counter = own.programCounter
        if counter == nil, case .access(let access, _, _) = operation, access.kind == .fetch {
            counter = access.address
        }
        profile?.enter(agent, counter: counter, name: own.function)
    }

    /// Tells the profile what the last statement cost.
    mutating func settle(_ records: UInt64 = 1) {
        guard let core = profile?.core else { return }
        profile?.add(
            records, machine.probe.tally(of: .core(core)), time: machine.time(ofCore: core))
    }

    /// Performs a statement of a stream.
    ///
    /// - Throws: what the machine cannot do.
    mutating func perform(
        _ statement: Statement, _ annotations: Annotations?, record: UInt32
    ) throws {
        guard case .operation(let agent, let operation) = statement.body else { return }
        if agent.isCore { enter(operation, agent, annotations ?? Annotations()) }
        try perform(operation, agent, statement, record: record)
        settle()
    }

    /// Performs accesses of a stream; with a profile one function's at a time.
    mutating func replay(_ block: UnsafeBufferPointer<MemoryAccess>, firstRecord: UInt32) {
        machine.replay(block, firstRecord: firstRecord, profile: &profile)
    }
}

/// A machine and the profile of what runs on it.
struct ProfiledMachine: ~Copyable {
    var machine: Machine<CountersProbe>
    var profile: FunctionProfile?

    /// Performs accesses; with a profile one function's at a time.
    mutating func replay(_ block: UnsafeBufferPointer<MemoryAccess>, firstRecord: UInt32) {
        machine.replay(block, firstRecord: firstRecord, profile: &profile)
    }
}

extension Machine where P: CountingProbe & ~Copyable {
    /// Performs accesses; with a profile one function's at a time, so that what each cost is known.
    mutating func replay(
        _ block: UnsafeBufferPointer<MemoryAccess>, firstRecord: UInt32,
        profile: inout FunctionProfile?
    ) {
        guard profile != nil, let base = block.baseAddress else {
            return replay(block, firstRecord: firstRecord)
        }
        var start = 0
        for index in 0...block.count {
            let isEnd = index == block.count
            guard isEnd || profile?.leaves(block[index]) == true else { continue }
            if index > start {
                replay(
                    UnsafeBufferPointer(start: base + start, count: index - start),
                    firstRecord: firstRecord &+ UInt32(start))
                let core = profile?.core ?? 0
                profile?.add(
                    UInt64(index - start), probe.tally(of: .core(core)), time: time(ofCore: core))
            }
            start = index
            if !isEnd { profile?.enter(block[index]) }
        }
    }
}
