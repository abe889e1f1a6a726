//! The values of globals and of other constant expressions.

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

    pub(super) fn of_type(self) -> ValType {
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

/// The values that globals begin with, as far as they are known.
pub(super) type Values = HashMap<Item, Value>;

/// Finds the values of all globals; `adjust` says what that is which the linker wrote.
///
/// A global refers only to those that come before it, so one look at each is enough, in their order.
pub(super) fn of_globals(
    instances: &[Instance<'_>],
    adjust: impl Fn(Item, Value) -> Value,
) -> Values {
    let mut values = Values::new();
    for (own, instance) in (0..).zip(instances) {
        for (index, global) in (0..).zip(&instance.globals) {
            let item = Item::Own {
                instance: own,
                index,
            };
            if let Some(value) = evaluate(instance, own, &global.init_expr, &values) {
                values.insert(item, adjust(item, value));
            }
        }
    }
    values
}

/// The value of a constant expression of an instance, whose number is `own`.
pub(super) fn evaluate(
    instance: &Instance<'_>,
    own: u32,
    expression: &ConstExpr<'_>,
    known: &Values,
) -> Option<Value> {
    let mut stack = Vec::new();
    for operator in expression.get_operators_reader() {
        match operator.ok()? {
            Operator::I32Const { value } => stack.push(Value::I32(value)),
            Operator::I64Const { value } => stack.push(Value::I64(value)),
            Operator::F32Const { value } => stack.push(Value::F32(value.bits())),
            Operator::F64Const { value } => stack.push(Value::F64(value.bits())),
            Operator::GlobalGet { global_index } => {
                let global = instance.item(own, Kind::Global, global_index);
                stack.push(*known.get(&global)?);
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
