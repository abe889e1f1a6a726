//! Evaluating constant expressions: the initial values of globals, the offsets of segments.

use std::collections::HashMap;

use wasm_encoder::{ConstExpr as Encoded, Ieee32, Ieee64, Instruction, ValType};
use wasmparser::{ConstExpr, Operator};

use super::item::{Item, Kind};
use super::module::Instance;
use crate::module::layout::Value;

impl Value {
    pub(super) fn expression(self) -> Encoded {
        match self {
            Self::I32(value) => Encoded::i32_const(value),
            Self::I64(value) => Encoded::i64_const(value),
            Self::F32(bits) => Encoded::f32_const(Ieee32::new(bits)),
            Self::F64(bits) => Encoded::f64_const(Ieee64::new(bits)),
        }
    }

    pub(super) fn ty(self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
        }
    }

    pub(super) fn instruction(self) -> Instruction<'static> {
        match self {
            Self::I32(value) => Instruction::I32Const(value),
            Self::I64(value) => Instruction::I64Const(value),
            Self::F32(bits) => Instruction::F32Const(Ieee32::new(bits)),
            Self::F64(bits) => Instruction::F64Const(Ieee64::new(bits)),
        }
    }
}

/// The initial values of globals, without those that cannot be evaluated.
pub(super) type Values = HashMap<Item, Value>;

/// Evaluates the initial values of all globals. `adjust` replaces the value that the linker wrote; the
/// globals that refer to it see the replacement.
///
/// A global can only refer to earlier ones, so one pass in their order is enough.
pub(super) fn of_globals(
    instances: &[Instance<'_>],
    adjust: impl Fn(Item, Value) -> Value,
) -> Values {
    let mut values = Values::new();
    for instance in instances {
        for (index, global) in (0..).zip(&instance.globals) {
            if let Some(value) = evaluate(instance, &global.init_expr, &values) {
                let item = instance.defined(index);
                values.insert(item, adjust(item, value));
            }
        }
    }
    values
}

/// Evaluates a constant expression of an instance. Returns `None` if it refers to an unknown global or
/// uses an instruction that the linker does not write.
pub(super) fn evaluate(
    instance: &Instance<'_>,
    expression: &ConstExpr<'_>,
    globals: &Values,
) -> Option<Value> {
    let mut stack = Vec::new();
    for operator in expression.get_operators_reader() {
        match operator.ok()? {
            Operator::I32Const { value } => stack.push(Value::I32(value)),
            Operator::I64Const { value } => stack.push(Value::I64(value)),
            Operator::F32Const { value } => stack.push(Value::F32(value.bits())),
            Operator::F64Const { value } => stack.push(Value::F64(value.bits())),
            Operator::GlobalGet { global_index } => {
                let global = instance.item(Kind::Global, global_index);
                stack.push(*globals.get(&global)?);
            }
            Operator::I32Add => {
                let (Value::I32(one), Value::I32(other)) = (stack.pop()?, stack.pop()?) else {
                    return None;
                };
                stack.push(Value::I32(one.wrapping_add(other)));
            }
            Operator::End => {}
            _ => return None,
        }
    }
    match *stack {
        [value] => Some(value),
        _ => None,
    }
}
