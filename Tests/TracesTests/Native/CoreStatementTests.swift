import Operations
import Quantities
import Testing

@testable import Traces

/// A statement, its canonical text where that differs, and what it says.
struct NativeSample: Sendable, CustomTestStringConvertible {
    var text: String
    var canonical: String
    var operation: Operation

    init(_ text: String, canonical: String? = nil, _ operation: Operation) {
        self.text = text
        self.canonical = canonical ?? "core0: " + text
        self.operation = operation
    }

    var testDescription: String { text }
}

private func rx(_ offset: UInt64 = 0) -> Operand {
    Operand(0x1000 + offset, symbol: PreambleName.rx)
}

private func access(
    _ kind: AccessKind, size: UInt32 = 4, value: UInt64? = nil, isDependent: Bool = false
) -> Operation {
    .access(
        MemoryAccess(kind, at: 0x1000, size: size, isDependent: isDependent),
        symbol: PreambleName.rx,
        value: value)
}

@Suite struct CoreStatementTests {
    static let accesses: [NativeSample] = [
        NativeSample("ld rx 4", access(.load)),
        NativeSample("ld rx 4 dep", access(.load, isDependent: true)),
        NativeSample("ld rx 4 = 0x2a", access(.load, value: 42)),
        NativeSample(
            "ld rx 4 dep = 42", canonical: "core0: ld rx 4 dep = 0x2a",
            access(.load, value: 42, isDependent: true)),
        NativeSample("st rx 4", access(.store)),
        NativeSample(
            "st rx 8=0xffffffffffffffff", canonical: "core0: st rx 8 = 0xffffffffffffffff",
            access(.store, size: 8, value: .max)),
        NativeSample("fetch rx 4", access(.fetch)),
        NativeSample("ldx rx 4", access(.loadExclusive)),
        NativeSample("stx rx 4", access(.storeExclusive)),
        NativeSample("lda rx 4", access(.loadAcquire)),
        NativeSample("stl rx 4", access(.storeRelease)),
        NativeSample("pld rx", access(.prefetch, size: 1)),
        NativeSample(
            "ld 0x1000 4",
            .access(MemoryAccess(.load, at: 0x1000, size: 4), symbol: .none, value: nil)),
        NativeSample(
            "ld rx + 16 4", canonical: "core0: ld rx+0x10 4",
            .access(MemoryAccess(.load, at: 0x1010, size: 4), symbol: PreambleName.rx, value: nil)),
        NativeSample(
            "core3: st view 4", canonical: "core3: st view 4",
            .access(
                MemoryAccess(.store, at: 0x90000, size: 4, agent: .core(3)),
                symbol: PreambleName.view,
                value: nil)),
    ]

    static let runs: [NativeSample] = [
        NativeSample("ld rx 2048 by 4", .run(AccessRun(.load, from: rx(), bytes: 2_048, by: 4))),
        NativeSample(
            "st rx 2K by 8 work 3", canonical: "core0: st rx 2048 by 8 work 3",
            .run(AccessRun(.store, from: rx(), bytes: 2_048, by: 8, work: 3))),
        // 378 accesses of 4 bytes and one of 2.
        NativeSample("ld rx 1514 by 4", .run(AccessRun(.load, from: rx(), bytes: 1_514, by: 4))),
        NativeSample(
            "ld rx 6 by 4 step 4", canonical: "core0: ld rx 6 by 4",
            .run(AccessRun(.load, from: rx(), bytes: 6, by: 4))),
        NativeSample("st rx 3 by 8", .run(AccessRun(.store, from: rx(), bytes: 3, by: 8))),
        // The last byte that a run can touch is the one before the last.
        NativeSample(
            "ld 0xfffffffffffffffc 3 by 4",
            .run(AccessRun(.load, from: Operand(.max - 3), bytes: 3, by: 4))),
        NativeSample(
            "ld 0x0 2199023255551 by 2",
            .run(AccessRun(.load, from: Operand(0), bytes: (1 << 41) - 1, by: 2))),
        // 2048/64 = 32 accesses of 4 bytes touch 128 bytes.
        NativeSample(
            "ld rx 2048 by 4 step 64 work 1",
            .run(AccessRun(.load, from: rx(), bytes: 128, by: 4, step: 64, work: 1))),
        // 16/2 = 8 overlapping accesses.
        NativeSample(
            "ld rx 16 by 4 step 2",
            .run(AccessRun(.load, from: rx(), bytes: 32, by: 4, step: 2))),
        NativeSample(
            "ld rx 64 by 4 step 4 work 0", canonical: "core0: ld rx 64 by 4",
            .run(AccessRun(.load, from: rx(), bytes: 64, by: 4))),
        NativeSample(
            "copy tx rx+0x40 1024 by 4 work 2",
            .copy(
                CopyRun(
                    to: Operand(0x2000, symbol: PreambleName.tx), from: rx(0x40), bytes: 1_024,
                    by: 4,
                    work: 2))),
        NativeSample(
            "copy 0x1 0x2 3 by 1",
            .copy(CopyRun(to: Operand(1), from: Operand(2), bytes: 3, by: 1))),
        NativeSample(
            "copy 0x0 0x1000 1514 by 8",
            .copy(CopyRun(to: Operand(0), from: Operand(0x1000), bytes: 1_514, by: 8))),
        NativeSample("work 100", .work(cycles: 100)),
    ]

    static let barriers: [NativeSample] = [
        NativeSample("dmb", canonical: "core0: dmb sy", .barrier(Barrier(.dmb))),
        NativeSample("dsb sy", .barrier(Barrier(.dsb))),
        NativeSample("dsb st", .barrier(Barrier(.dsb, .fullSystem, .stores))),
        NativeSample("dsb ld", .barrier(Barrier(.dsb, .fullSystem, .loads))),
        NativeSample("dmb ish", .barrier(Barrier(.dmb, .innerShareable))),
        NativeSample("dmb ishst", .barrier(Barrier(.dmb, .innerShareable, .stores))),
        NativeSample("dmb ishld", .barrier(Barrier(.dmb, .innerShareable, .loads))),
        NativeSample("dmb osh", .barrier(Barrier(.dmb, .outerShareable))),
        NativeSample("dmb oshst", .barrier(Barrier(.dmb, .outerShareable, .stores))),
        NativeSample("dmb oshld", .barrier(Barrier(.dmb, .outerShareable, .loads))),
        NativeSample("dsb nsh", .barrier(Barrier(.dsb, .nonShareable))),
        NativeSample("dsb nshst", .barrier(Barrier(.dsb, .nonShareable, .stores))),
        NativeSample("dsb nshld", .barrier(Barrier(.dsb, .nonShareable, .loads))),
        NativeSample("isb", .barrier(Barrier(.isb))),
    ]

    static let kernelWords: [NativeSample] =
        KernelBarrier.allCases.map { NativeSample($0.rawValue, .kernelBarrier($0)) }
        + Accessor.Function.allCases.map { function in
            let register = Operand(0xF000_0010, symbol: PreambleName.eth0)
            return NativeSample(
                "\(function.rawValue) eth0+0x10 = 0x7",
                .accessor(Accessor(function, of: .device(0), at: register, value: 7)))
        } + [
            NativeSample(
                "readl eth0",
                .accessor(
                    Accessor(
                        .readl, of: .device(0), at: Operand(0xF000_0000, symbol: PreambleName.eth0))
                )),
            NativeSample("ring eth0", .ring(.device(0))),
            NativeSample("wait eth0", .wait(.device(0))),
        ]

    static let maintenance: [NativeSample] = [
        NativeSample("dc cvac rx", .maintenance(Maintenance(.dcCVAC, at: rx()))),
        NativeSample("dc cvac rx 2048", .maintenance(Maintenance(.dcCVAC, at: rx(), bytes: 2_048))),
        NativeSample("dc civac rx 64", .maintenance(Maintenance(.dcCIVAC, at: rx(), bytes: 64))),
        NativeSample("dc ivac rx+0x4 1", .maintenance(Maintenance(.dcIVAC, at: rx(4), bytes: 1))),
        NativeSample("dc cvau rx", .maintenance(Maintenance(.dcCVAU, at: rx()))),
        NativeSample("dc zva rx 128", .maintenance(Maintenance(.dcZVA, at: rx(), bytes: 128))),
        NativeSample("dc csw", .maintenance(Maintenance(.dcCSW))),
        NativeSample("dc cisw 1", .maintenance(Maintenance(.dcCISW, level: 1))),
        NativeSample("dc isw 7", .maintenance(Maintenance(.dcISW, level: 7))),
        NativeSample("ic ivau rx 64", .maintenance(Maintenance(.icIVAU, at: rx(), bytes: 64))),
        NativeSample("ic iallu", .maintenance(Maintenance(.icIALLU))),
        NativeSample("ic ialluis", .maintenance(Maintenance(.icIALLUIS))),
        NativeSample("l2 clean rx 64", .maintenance(Maintenance(.outerClean, at: rx(), bytes: 64))),
        NativeSample(
            "l2 inv rx 64", .maintenance(Maintenance(.outerInvalidate, at: rx(), bytes: 64))),
        NativeSample(
            "l2 flush rx 64",
            .maintenance(Maintenance(.outerCleanAndInvalidate, at: rx(), bytes: 64))),
        NativeSample("l2 flushway", .maintenance(Maintenance(.outerCleanAndInvalidateWays))),
        NativeSample("l2 invway", .maintenance(Maintenance(.outerInvalidateWays))),
        NativeSample("l2 sync", .maintenance(Maintenance(.outerSync))),
    ]

    static let environment: [NativeSample] = [
        NativeSample(
            "env evict rx", canonical: "env evict rx",
            .environment(EnvironmentEvent(.evict, at: rx()))),
        NativeSample(
            "env evict rx 64 core1", canonical: "env evict rx 64 core1",
            .environment(EnvironmentEvent(.evict, at: rx(), bytes: 64, in: .core(1)))),
        NativeSample(
            "env fill rx l2", canonical: "env fill rx l2",
            .environment(EnvironmentEvent(.fill, at: rx(), in: .level2))),
        NativeSample(
            "env drain core0", canonical: "env drain core0",
            .environment(EnvironmentEvent(.drain, in: .core(0)))),
        NativeSample(
            "env drain core7 rx 4", canonical: "env drain core7 rx 4",
            .environment(EnvironmentEvent(.drain, at: rx(), bytes: 4, in: .core(7)))),
        NativeSample(
            "env hold core2", canonical: "env hold core2",
            .environment(EnvironmentEvent(.hold, in: .core(2)))),
        NativeSample(
            "env late core0 rx+0x8 4", canonical: "env late core0 rx+0x8 4",
            .environment(EnvironmentEvent(.late, at: rx(8), bytes: 4, in: .core(0)))),
    ]

    static let coherency: [NativeSample] = [
        NativeSample(
            "env leave core1", canonical: "env leave core1",
            .environment(EnvironmentEvent(.leave, in: .core(1)))),
        NativeSample(
            "env join core7 # again", canonical: "env join core7",
            .environment(EnvironmentEvent(.join, in: .core(7)))),
    ]

    static let device: [NativeSample] = [
        NativeSample(
            "eth0: rd rx 64", canonical: "eth0: rd rx 64",
            .device(DeviceOperation(.read, at: rx(), bytes: 64))),
        NativeSample(
            "eth0: rd rx 64 burst 16 = 7", canonical: "eth0: rd rx 64 burst 16 = 0x7",
            .device(DeviceOperation(.read, at: rx(), bytes: 64, burst: 16, value: 7))),
        NativeSample(
            "eth0:  wr rx 1514", canonical: "eth0: wr rx 1514",
            .device(DeviceOperation(.write, at: rx(), bytes: 1_514))),
        NativeSample(
            "eth0: wr rx 4 = 0x5", canonical: "eth0: wr rx 4 = 0x5",
            .device(DeviceOperation(.write, at: rx(), bytes: 4, value: 5))),
        NativeSample(
            "eth0: fetch rx 16", canonical: "eth0: fetch rx 16",
            .device(DeviceOperation(.descriptorFetch(chain: false), at: rx(), bytes: 16))),
        NativeSample(
            "eth0: fetch rx 16 chain", canonical: "eth0: fetch rx 16 chain",
            .device(DeviceOperation(.descriptorFetch(chain: true), at: rx(), bytes: 16))),
        NativeSample("eth0 : irq", canonical: "eth0: irq", .device(DeviceOperation(.interrupt))),
    ]

    @Test(
        arguments: accesses + runs + barriers + kernelWords + maintenance + environment
            + coherency + device)
    func parsesAndPrints(_ sample: NativeSample) throws {
        #expect(try nativeOperation(sample.text) == sample.operation)
        #expect(try nativeCanonicalLine(sample.text) == sample.canonical)
        #expect(try nativeOperation(sample.canonical) == sample.operation)
    }

    @Test func agentIsCoreZeroUnlessSaid() throws {
        #expect(try nativeBody("ld rx 4") == nativeBody("core0: ld rx 4"))
        guard case .operation(let agent, _)? = try nativeBody("core7: dsb") else {
            Issue.record("no operation")
            return
        }
        #expect(agent == .core(7))
    }
}
