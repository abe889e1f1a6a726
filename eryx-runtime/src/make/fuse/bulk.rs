//! Functions that fill and copy memory in pieces, in place of WebAssembly's instructions.
//!
//! The engine executes `memory.fill` and `memory.copy` in one go. For some hundred megabytes, each page
//! of which the kernel has to allocate first, that takes seconds, in which no timeout can end the
//! program and no other program on the thread gets a turn. So each such instruction becomes a call of a
//! function that works piece by piece; between two pieces the engine checks the epoch.

use wasm_encoder::{BlockType, Function, Instruction};
use wasmparser::{FuncType, ValType};

/// The size of a piece in bytes: it takes far less time than a tick of the epoch, and larger pieces would
/// gain little.
const PIECE: i32 = 128 << 10;

/// The parameters of both functions: the destination, the byte to fill with or the source, and the
/// number of bytes.
const TO: u32 = 0;
const FROM: u32 = 1;
const SIZE: u32 = 2;

/// Returns both functions with their names.
pub(super) fn functions() -> [(&'static str, Function); 2] {
    [("memory.fill", fill()), ("memory.copy", copy())]
}

/// Returns the type of both functions.
pub(super) fn ty() -> FuncType {
    FuncType::new([ValType::I32; 3], [])
}

fn fill() -> Function {
    let mut function = Function::new([]);
    function.instruction(&Instruction::Loop(BlockType::Empty));
    begin_if_large(&mut function);
    function
        .instruction(&Instruction::LocalGet(TO))
        .instruction(&Instruction::LocalGet(FROM))
        .instruction(&Instruction::I32Const(PIECE))
        .instruction(&Instruction::MemoryFill(0));
    add(&mut function, TO, PIECE);
    add(&mut function, SIZE, -PIECE);
    function
        .instruction(&Instruction::Br(1))
        .instruction(&Instruction::End)
        .instruction(&Instruction::End)
        .instruction(&Instruction::LocalGet(TO))
        .instruction(&Instruction::LocalGet(FROM))
        .instruction(&Instruction::LocalGet(SIZE))
        .instruction(&Instruction::MemoryFill(0))
        .instruction(&Instruction::End);
    function
}

/// Copies forwards or backwards, so that where source and destination overlap, no byte is overwritten
/// before it is copied.
fn copy() -> Function {
    let copy = Instruction::MemoryCopy {
        src_mem: 0,
        dst_mem: 0,
    };
    let mut function = Function::new([]);
    function
        .instruction(&Instruction::LocalGet(TO))
        .instruction(&Instruction::LocalGet(FROM))
        .instruction(&Instruction::I32LeU)
        .instruction(&Instruction::If(BlockType::Empty))
        .instruction(&Instruction::Loop(BlockType::Empty));
    begin_if_large(&mut function);
    function
        .instruction(&Instruction::LocalGet(TO))
        .instruction(&Instruction::LocalGet(FROM))
        .instruction(&Instruction::I32Const(PIECE))
        .instruction(&copy);
    add(&mut function, TO, PIECE);
    add(&mut function, FROM, PIECE);
    add(&mut function, SIZE, -PIECE);
    function
        .instruction(&Instruction::Br(1))
        .instruction(&Instruction::End)
        .instruction(&Instruction::End)
        .instruction(&Instruction::Else)
        .instruction(&Instruction::Loop(BlockType::Empty));
    begin_if_large(&mut function);
    add(&mut function, SIZE, -PIECE);
    for start in [TO, FROM] {
        function
            .instruction(&Instruction::LocalGet(start))
            .instruction(&Instruction::LocalGet(SIZE))
            .instruction(&Instruction::I32Add);
    }
    function
        .instruction(&Instruction::I32Const(PIECE))
        .instruction(&copy)
        .instruction(&Instruction::Br(1))
        .instruction(&Instruction::End)
        .instruction(&Instruction::End)
        .instruction(&Instruction::End)
        .instruction(&Instruction::LocalGet(TO))
        .instruction(&Instruction::LocalGet(FROM))
        .instruction(&Instruction::LocalGet(SIZE))
        .instruction(&copy)
        .instruction(&Instruction::End);
    function
}

/// Begins the body of a loop that runs while more than a piece is left.
fn begin_if_large(function: &mut Function) {
    function
        .instruction(&Instruction::LocalGet(SIZE))
        .instruction(&Instruction::I32Const(PIECE))
        .instruction(&Instruction::I32GtU)
        .instruction(&Instruction::If(BlockType::Empty));
}

fn add(function: &mut Function, local: u32, number: i32) {
    function
        .instruction(&Instruction::LocalGet(local))
        .instruction(&Instruction::I32Const(number))
        .instruction(&Instruction::I32Add)
        .instruction(&Instruction::LocalSet(local));
}
