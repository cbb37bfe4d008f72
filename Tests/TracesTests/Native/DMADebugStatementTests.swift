import Operations
import Quantities
import Testing

@testable import Traces

/// What dma-debug's checks need of the format: areas, failed maps, addresses of releases, segments, copies on write.
@Suite struct DMADebugStatementTests {
    @Test(arguments: MemoryArea.allCases)
    func buffersHaveAreas(_ area: MemoryArea) throws {
        let body = try nativeBody("buffer b 0x3000 64 \(area.name)")
        #expect(
            body == .declaration(.buffer(PreambleName.next, address: 0x3000, size: 64, area)))
        #expect(
            try nativeCanonicalLine("buffer b 0x3000 64 \(area.name)")
                == "buffer b 0x3000 64 \(area.name)")
    }

    @Test func devicesHaveSegments() throws {
        guard
            case .declaration(.device(let device))? = try nativeBody(
                "device d seg_boundary 0xFFFF max_seg_size 4K")
        else { throw ProgramError(found: "another statement", expected: "a device") }
        #expect(device.maximumSegmentSize == 4_096)
        #expect(device.segmentBoundary == 0xFFFF)
        #expect(
            try nativeCanonicalLine("device d seg_boundary 0xFFFF max_seg_size 4K")
                == "device d max_seg_size 4096 seg_boundary 0xffff")
    }

    /// Lines that are written back as they stand, after a handle `h` is there.
    static let lines = [
        "core0: h = dma_map_single eth0 rx 64 TO_DEVICE fails",
        "core0: h = dma_map_single eth0 rx 64 TO_DEVICE attrs=SKIP_CPU_SYNC fails",
        "core0: h = dma_map_resource eth0 0x40000000 64 TO_DEVICE fails",
        "core0: h = dma_map_sg eth0 TO_DEVICE rx,64 tx,64 fails",
        "core0: dma_unmap_single h dma=rx+0x40",
        "core0: dma_unmap_page h 64 FROM_DEVICE dma=0x40 attrs=SKIP_CPU_SYNC",
        "core0: dma_free_coherent h cpu=tx",
        "core0: dma_free_attrs h 64 dma=rx cpu=tx+0x10 attrs=NO_WARN",
        "core0: copy 0x3000 0x5000 4096 by 8 work 1 cow",
    ]

    @Test(arguments: lines)
    func roundTrip(_ line: String) throws {
        let before = "h = dma_map_single eth0 rx 64 TO_DEVICE\n"
        #expect(try nativeCanonicalLine(before + line) == line)
        let program = try parseNative(nativePreamble + before + line)
        let bytes = try BinaryWriter.write(program)
        #expect(try BinaryReader.read(bytes, file: "binary") == program.canonicalized())
    }

    /// A buffer may have the name of the word.
    @Test func wordsAreNotReserved() throws {
        let text = "buffer fails 0x9000 64\nh = dma_map_sg eth0 TO_DEVICE rx,64 fails,64 fails"
        guard case .dma(let call) = try nativeOperation(text) else {
            throw ProgramError(found: "another operation", expected: "a call")
        }
        #expect(call.segments.map(\.start.address.rawValue) == [0x1000, 0x9000])
        #expect(call.fails)
    }

    static let mistakes: [NativeMistake] = [
        NativeMistake(
            "buffer b 0x3000 64 stak",
            "20: found 'stak', expected 'stack', 'vmapstack', 'text', 'rodata', 'vmalloc', 'invalid' or "
                + "the end of the line; did you mean 'stack'?"),
        NativeMistake(
            "buffer b 0x3000 64 stack text", "26: found 'text', expected the end of the line"),
        NativeMistake(
            "device d max_seg_size 0",
            "23: found '0', expected a number of bytes from 1 to 4294967295"),
        NativeMistake(
            "device d max_seg_size 4G",
            "23: found '4G', expected a number of bytes from 1 to 4294967295"),
        NativeMistake(
            "device d seg_boundary 0x10000",
            "23: found '0x10000', expected a mask of the low address bits, as 0xffff"),
        NativeMistake(
            "device d seg_boundary 0",
            "23: found '0', expected a mask of the low address bits, as 0xffff"),
        NativeMistake(
            "h = dma_map_single eth0 rx 64 TO_DEVICE failed",
            "41: found 'failed', expected 'attrs=A|B', 'fails', an annotation or the end of the line"
        ),
        NativeMistake(
            "h = dma_map_single eth0 rx 64 TO_DEVICE fails fails",
            "47: found 'fails', expected an annotation or the end of the line"),
        NativeMistake(
            "h = dma_alloc_coherent eth0 rx 64 fails",
            "35: found 'fails', expected 'attrs=A|B', an annotation or the end of the line"),
        NativeMistake(
            "copy 0x3000 0x5000 64 by 8 cow",
            "20: found '64', expected 4096 bytes, a page, for a copy on write"),
        NativeMistake(
            "copy 0x3008 0x5000 4K by 8 cow",
            "20: found '4K', expected two pages, at multiples of 4096"),
        NativeMistake(
            "copy 0x3000 0x5000 4K by 8 wor",
            "28: found 'wor', expected 'work', 'cow', an annotation or the end of the line"),
    ]

    @Test(arguments: mistakes)
    func saysWhatMayStandThere(_ mistake: NativeMistake) {
        #expect(faultsAfterPreamble(mistake.text) == [mistake.fault])
    }

    /// Mistakes in the use of a handle, which the line before makes.
    static let releases: [NativeMistake] = [
        NativeMistake(
            "dma_unmap_single h dma",
            "23: found the end of the line, expected '=' and an address"),
        NativeMistake(
            "dma_unmap_single h dma=",
            "24: found the end of the line, expected an address (a number, or a declared buffer, region, "
                + "alias or device, with '+ NUMBER')"),
        NativeMistake(
            "dma_unmap_single h cpu=rx",
            "20: found 'cpu', expected a size, a direction, 'dma=ADDRESS', 'attrs=A|B', an annotation or "
                + "the end of the line"),
        NativeMistake(
            "dma_free_coherent h cpu=rx dma=rx",
            "28: found 'dma', expected an annotation or the end of the line"),
        NativeMistake(
            "dma_free_coherent h cpu",
            "24: found the end of the line, expected '=' and an address"),
    ]

    @Test(arguments: releases)
    func saysWhatMayStandInARelease(_ mistake: NativeMistake) {
        let text = "h = dma_map_single eth0 rx 64 TO_DEVICE\n" + mistake.text
        #expect(faultsAfterPreamble(text) == ["t.slt:8:\(mistake.fault)"])
    }

    @Test func writersRefuseWhatNoTraceCanSay() throws {
        let entry = SymbolTable.Entry(name: "d", kind: .device, address: 0xF000_0000, size: 4_096)
        for (size, boundary, fault) in [
            (
                UInt32(0), nil,
                ProgramError(
                    statement: 0, found: "segments of 0 bytes", expected: "at least 1")
            ),
            (
                nil, UInt64(5),
                ProgramError(
                    statement: 0, found: "boundary 0x5",
                    expected: "a mask of the low address bits, as 0xffff")
            ),
        ] as [(UInt32?, UInt64?, ProgramError)] {
            var program = Program()
            var device = DeviceDeclaration(
                name: program.symbols.add(entry) ?? .none, agent: .device(0))
            device.maximumSegmentSize = size
            device.segmentBoundary = boundary
            program.statements = [Statement(.declaration(.device(device)), line: 2)]
            #expect(throws: fault) { try NativeWriter.write(program) }
            #expect(throws: fault) { try BinaryWriter.write(program) }
        }
        var copy = CopyRun(to: Operand(0x1000), from: Operand(0x2000), bytes: 64, by: 8)
        copy.isOnWrite = true
        var program = Program()
        program.statements = [Statement(.operation(.core(0), .copy(copy)), line: 2)]
        #expect(throws: ProgramError.self) { try BinaryWriter.write(program) }
        var sync = DMACall(.syncSingleForCPU, handle: .none)
        sync.dmaAddress = Operand(0x1000)
        program.statements = [Statement(.operation(.core(0), .dma(sync)), line: 2)]
        #expect(throws: ProgramError.self) { try BinaryWriter.write(program) }
    }
}
